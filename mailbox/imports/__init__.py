"""Mail that is brought from elsewhere into a mailbox: read (pure), sent in pieces, filed by a worker."""
