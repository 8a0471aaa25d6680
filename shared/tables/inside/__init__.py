"""What runs in the child: reads rows from JSON, makes columns of them, compiles a query to SQL and runs it.

Standard library only, no settings, no keys, no connections. All SQL is made of this code's own words and numbered
names; what a model or AWS wrote is looked up, or bound as a parameter.
"""
