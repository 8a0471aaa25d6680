"""Recognises, by its properties, a change of permissions: who may do what, and who can reach what.

Enter by `changes.py`. Policies are recognised by what they are, wherever they stand; everything else by name.
"""
