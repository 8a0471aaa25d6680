"""Reads that a person allows in advance: the lines of log groups, under a standing grant.

The executor makes them, not the informational agent: that one's credentials cannot read logs at all, and only the
executor can check what a person signed. Each read is an audit entry before AWS is called.
"""
