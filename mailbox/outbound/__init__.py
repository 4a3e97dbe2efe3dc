"""A message leaves for another operator, or for a neighbour here."""
