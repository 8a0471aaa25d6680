"""EC2: which instances there are, where, and in which state."""
