"""Invitations of others (RFC 5545, 5546, 6047): read, said in words, answered. Pure, bounded, ours: see ARCHITECTURE."""
