"""CloudTrail's event history: which events are about a resource or a service, and what they say of who did it."""
