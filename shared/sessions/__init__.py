"""A session as an agent knows it: its owner, accounts and fences, and the credentials they come with."""
