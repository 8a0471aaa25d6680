"""One AWS call that changes something, sent once: journaled before and after, looked up where its outcome is open.

Door: `once.Calls`.
"""
