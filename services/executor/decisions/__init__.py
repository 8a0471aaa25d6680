"""What people decided, as the executor checks it: approvals, standing grants, cancellations, answers on steps in doubt.

Door: `approvals.check_approval`, `signed_decisions.SignedDecisions`, `in_doubt.resolve`.
"""
