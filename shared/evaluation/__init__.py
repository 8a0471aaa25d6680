"""Runs what a client or a model wrote as a small program in a child process that can be killed.

Doors: `Evaluator.search` for JMESPath over one document, and `Children` for any other child (`shared/tables`).
`expression` refuses what is too large before anything runs; `process` and `child` run in the child.
"""
