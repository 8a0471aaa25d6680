"""Evaluates what a client wrote as a small program (JMESPath) in a child process that can be killed.

Door: `Evaluator.search`. `expression` refuses what is too large before anything runs; `child` is the process.
"""
