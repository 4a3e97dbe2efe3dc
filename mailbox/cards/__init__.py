"""Pure: contacts as they travel between programs, vCard (RFC 6350) and tables (RFC 4180); bytes <-> values."""
