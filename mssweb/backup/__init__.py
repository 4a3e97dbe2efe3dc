"""A backup: a folder of sealed files and their manifest. What is saved, of what instant, and how it is known again."""
