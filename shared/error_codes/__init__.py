"""Every error code, declared once: its HTTP status, which services raise it, what it means and what to do.

Door: `registry`. The codes stand in `gateway`, `workers` and `common`. From here `AssistantError` takes its status, the
gateway which refusals the audit log has as denials, and `make errors` the table in `docs/api.md`.
`tests/contract/test_error_codes.py` finds a code that is raised and not declared.
"""
