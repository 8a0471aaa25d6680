"""A plan's drift: what of an ended plan is no longer as it was left, and by whom.

Door: `service.DriftService`. The executor compares with AWS, the informational agent reads the event history; nothing
is changed, and nothing of it is stored.
"""
