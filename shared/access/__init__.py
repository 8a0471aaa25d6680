"""Which power an AWS operation is, and the guard that keeps an agent within its own."""
