"""The four services; each is its own process and container."""
