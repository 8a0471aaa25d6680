"""Resources of any type that AWS Cloud Control API manages; what they share is in `services/executor/resources`."""
