"""Checks properties against a type's schema, offline. Enter by `validate.py`. Needs `jsonschema` and `regex`."""
