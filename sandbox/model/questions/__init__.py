"""Chooses the tools that answer a question, also one that leans on the questions before it."""
