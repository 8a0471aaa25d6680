"""Shows a person what a sensitive read answered (ADR 0047).

Only while a request presents the session's token, or a browser its cookie, does the gateway have what opens a value.
Nothing that a model steers imports this area; an import contract checks that.
"""
