"""Tells other systems that a plan waits or has ended, by webhooks that link to the plan's page."""
