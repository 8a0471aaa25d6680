"""Tasks: the record in Redis that says what a worker has to do, the signed message that announces it, and its lease."""
