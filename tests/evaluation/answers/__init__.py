"""Sixty questions over the sandbox's account with their exact figures, asked of the whole system."""
