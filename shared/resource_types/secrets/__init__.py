"""Properties that must not be shown or logged: those that AWS never reads back, and those that are secret by nature."""
