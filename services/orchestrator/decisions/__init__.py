"""What people decide: approvals of plans, and standing grants that approve in advance.

Door: `approvals.Approvals` and `grants.StandingGrants`. The only area that holds the approval key, so no area below may
import it.
"""
