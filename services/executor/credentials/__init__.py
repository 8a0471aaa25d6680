"""Temporary AWS credentials of the session's role: assumed for a plan, renewed for the other agents.

Door: `assume_role.assume`, `renewal.renew`.
"""
