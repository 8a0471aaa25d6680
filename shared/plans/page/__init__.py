"""The page a person reads before deciding on a plan, and after: made from the plan's record as it is now.

Door: `page.plan_page`. It needs nothing but the record, so every service makes the same page. `actions.py` says what a
person can do next, with the call.

Every line begins with the mark of `lines.py`, which no other text can have in it. What a user, a model or AWS wrote is
shown by `shared/text/plain.py`: between quotation marks, or a bare name.
"""
