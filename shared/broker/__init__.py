"""Redis: clients, TLS, the user of each service, scripts, and what a failed command means."""
