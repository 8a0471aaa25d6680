"""Lambda: which functions there are, and making and deleting them."""
