"""A plan as its web page shows it, made from its record: the same words and rules as the page in text.

Door: `shown.plan_shown`. `alerts.py` puts the worst first, `steps.py` has every argument whole, `graph.py` draws the
order, `console.py` links what was made, `narrower.py` makes an edit of Claude's suggestion, `diff.py` compares lines.
"""
