"""How an operation is declared: the `@operation` decorator, and what a plan reads from the declaration.

Door: `operation.operation`, `operation.OPERATIONS`.
"""
