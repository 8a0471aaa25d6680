"""A turn as the chat shows it: the message, a card for each tool call, its plans, the answer.

`shown.py` is what a turn shows, from its events alone: so that the page of a turn that runs, and its stream from there
on, are one thing. `live.py` streams it.
"""
