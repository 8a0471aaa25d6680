"""What holds for every HTTP request and response, whatever it asks: problems (RFC 9457), limits, idempotency keys.

Door: `problems.install`, the middleware that `app.py` adds, `idempotency.once` for routes that create something, and
`event_stream.py` for those that answer with events.
Imports no other area.
"""
