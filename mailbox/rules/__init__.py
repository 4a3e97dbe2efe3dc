"""Rules of a mailbox and its absence: what is done by itself with what arrives, after it was filed."""
