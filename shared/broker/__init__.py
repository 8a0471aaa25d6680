"""Redis: clients, TLS, the user of each service, and which of its errors pass by themselves."""
