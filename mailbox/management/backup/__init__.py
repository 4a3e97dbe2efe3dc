"""Backup and restoration of an installation: what `manage.py backup` and `manage.py restore` do, step by step."""
