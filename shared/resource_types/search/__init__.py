"""Finds the resource types that words mean. Enter by `search.py`."""
