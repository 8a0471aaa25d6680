"""What holds for every HTTP request and response, whatever it asks: problems (RFC 9457), limits, idempotency keys.

Door: `problems.install`, the middleware that `app.py` adds, and `idempotency.once` for routes that create something.
Imports no other area.
"""
