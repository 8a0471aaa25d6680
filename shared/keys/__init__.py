"""The deployment's keys, and what is done with them: signatures, sealed credentials, sealed values.

`python -m shared.keys` makes and replaces them.
"""
