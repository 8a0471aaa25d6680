"""The gateway's side of the audit log: what it records, and the anchors it keeps outside Redis.

Door: `trail.AuditTrail`.
"""
