"""From words to operations: `search.py`.

The index is tables of `operations.db`; what it knows of words is in `words/`.
"""
