"""How an operation is declared, and what a plan reads from the declaration.

Door: `declaration.operation`, `facts.fact`, `operations.OPERATIONS` (filled once `services.executor.operations` is
imported).
"""
