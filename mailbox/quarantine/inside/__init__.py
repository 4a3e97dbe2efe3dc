"""What runs in the quarantine: native parsers. Nothing of the product imports this; it imports neither Django nor keys."""
