"""Messages -> outcomes: which action a message belongs to, and when that action has ended."""
