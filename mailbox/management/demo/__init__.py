"""The demonstration trust space: its authority, its white list, its second operator, its people and their mail."""
