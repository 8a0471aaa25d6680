"""A proposal becomes a plan: put in order, checked without changing anything, described in words, stored.

Door: `prepare.prepare`, and `undo.propose` for a plan that undoes another.
"""
