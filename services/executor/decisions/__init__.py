"""What people decided, as the executor checks it: approvals, standing grants, cancellations, steps in doubt.

Door: `approvals.check_approval`, `answers.Decisions`, `in_doubt.resolve`.
"""
