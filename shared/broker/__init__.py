"""Redis: clients, TLS, the user of each service, functions, and what a failed command means."""
