"""Reads a message: its tokens, the names and regions in it, what it is about, and the conversation before it."""
