"""The account as a whole: who the session is, what it costs, and all its usage in sum."""
