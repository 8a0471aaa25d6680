"""A large read is shared with other workers: `kinds.py` says what can be, `division.py` gives it out and gathers it."""
