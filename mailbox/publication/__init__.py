"""Our mailboxes in the national directory: what is to stand there, the queue that brings it there, what came of it."""
