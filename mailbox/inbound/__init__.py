"""A message arrives from another operator."""
