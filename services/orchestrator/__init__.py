"""The gateway: REST and the reasoning loop."""
