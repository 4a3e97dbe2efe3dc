"""Who opened, sent, exported, changed what: append-only events, never content."""
