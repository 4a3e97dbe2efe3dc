"""What an installation needs, what `make check` runs, and how the shipped data are made."""
