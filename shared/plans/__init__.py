"""A plan as the gateway and the executor both know it: decisions, what they bind, rules, reviews, its page."""
