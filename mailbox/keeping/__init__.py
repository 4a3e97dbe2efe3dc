"""How long mail is kept: periods (pure), holds, destroying in lots, what is emptied by hand, the sweep that does what is due."""
