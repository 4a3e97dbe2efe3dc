"""What the pages of sign-in ask of the doors."""
