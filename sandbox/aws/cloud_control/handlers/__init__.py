"""Handlers of resource types: one file a service, loaded when a type of it is first asked for."""
