"""«You have mail» to an ordinary address: opt-in, confirmed, without content, through a relay apart from the gateway."""
