"""An approved plan is carried out, exactly once, and undone where a step fails.

Door: `run.run`.
"""
