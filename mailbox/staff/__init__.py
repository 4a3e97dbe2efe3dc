"""The people of a structure: who is let in and by whom, what they sign in with, and the rules of the structure for that."""
