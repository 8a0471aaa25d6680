"""CloudTrail's event history of the sandbox: what the front door saw, as LookupEvents shows it."""
