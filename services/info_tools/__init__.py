"""The read-only agent."""
