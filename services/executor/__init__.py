"""The agent that changes AWS after a person approved."""
