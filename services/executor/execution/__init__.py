"""An approved plan is run: every step once, and those that are done are undone where one fails.

Door: `run.run`.
"""
