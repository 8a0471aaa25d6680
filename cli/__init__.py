"""The `assistant` command: `python -m cli …`."""

DEFAULT_GATEWAY = "http://127.0.0.1:8080"
"""The gateway's address where nothing names another."""
