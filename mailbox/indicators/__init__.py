"""Figures of use by day, from traces and tables (trust-space §11). ANS's own format is not known, and none is invented."""
