"""Cloud Control API: its protocol, requests and tokens, and handlers of resource types over the own services."""
