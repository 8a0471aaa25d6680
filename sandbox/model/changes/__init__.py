"""Reads what a message wants changed, and draws up the plan for it: to make, attach, detach, delete, undo."""
