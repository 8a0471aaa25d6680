"""What one plan may do: the resources it touches, the operator's limits, and the session policy it runs under.

Door: `session_policy.scoped`, `limits.check_limits`.
"""
