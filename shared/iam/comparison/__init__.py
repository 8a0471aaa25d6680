"""Whether one policy is no wider than another, proven or refuted from the two documents alone.

Door: `compare.compare`. No AWS, no model; the answer is the same every time (ADR 0063).
"""
