"""Bytes <-> values, without Django, sockets or a clock (RFC 5322, 2045-2049, 8098, 3464)."""
