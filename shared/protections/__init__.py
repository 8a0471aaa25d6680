"""Protections of a resource or an account that a change turns off, weakens or leaves out: logging, encryption, backups,
guards against deletion and against the internet. Enter by `weakening.py`; `table.toml` has what is known.

Who may do what is judged in `shared/resource_types/permissions`.
"""
