"""What clients, models and AWS write: read, checked, kept short, and made safe for people to see."""
