"""The life of a mailbox (trust-space §7.4): asked for, opened, suspended, closed, destroyed; its address is never given again."""
