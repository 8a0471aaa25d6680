"""The access level of every AWS operation, and the guard that keeps each agent to the operations it may call."""
