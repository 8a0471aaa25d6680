"""The `assistant` command: `python -m cli …`."""
