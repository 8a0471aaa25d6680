"""Fits calls to the functions that a request offers, and corrects a call once after a tool rejected it."""
