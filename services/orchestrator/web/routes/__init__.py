"""A file for each page: its addresses, and what a person can do there."""
