"""Reads that are no part of a run: the lines of log groups, and what became of what a plan left.

Log groups are read under a standing grant (`logs.py`). The executor makes those reads, not the informational agent:
that one's credentials cannot read logs at all, and only the executor can check what a person signed. Each is an audit
entry before AWS is called. An ended plan is compared with AWS (`drift.py`) by what undoing it compares.
"""
