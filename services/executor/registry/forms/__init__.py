"""One way for one change: which operations are forms of one another, and which of them is the strongest.

An operation of ours is stronger than a resource of Cloud Control, and that is stronger than a call of AWS: it checks
more, shows more and undoes more. Door: `table.py`. The table, `forms.toml`, says what each form is rewritten to.
"""
