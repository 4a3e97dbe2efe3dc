"""The mail: mailboxes, messages in and out, the webmail.

This package hides `mailbox` of the standard library; the project is therefore never installed,
it runs from the repository root (ARCHITECTURE, "The name mailbox"; tests/test_import_mailbox.py).
"""
