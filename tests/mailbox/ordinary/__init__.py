"""Mails to ordinary addresses."""
