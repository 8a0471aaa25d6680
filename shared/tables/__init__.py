"""Computes over the rows of stored results: what they hold (`describe`), and typed queries (`query`).

Doors: `Tables` in `computing`, and the models in `query`. Everything in `inside` runs in a bounded child process and
imports nothing but the standard library.
"""
