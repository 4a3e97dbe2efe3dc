"""Measurements behind `make bench`: every figure says what was measured and how; nothing here is a test."""
