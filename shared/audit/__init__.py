"""The audit log: a chain of hashes per session, appended in Redis (`log.py`), checked without a server (`chain.py`)."""
