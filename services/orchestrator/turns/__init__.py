"""Turns: one message of a person and everything that follows from it, up to the answer.

Door: `runner.TurnRunner`. A turn may propose a change and can never approve one: nothing here may import `decisions/`.
"""
