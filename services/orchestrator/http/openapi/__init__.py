"""The OpenAPI document: FastAPI's own, with what every operation has in common.

Door: `document.install`; routes say by `declared` which headers they take and answer with.
"""
