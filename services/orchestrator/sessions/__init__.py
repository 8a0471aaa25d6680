"""Sessions: credentials checked, narrowed per agent, sealed and renewed; and what a session uploads.

Door: `service.SessionService`.
"""
