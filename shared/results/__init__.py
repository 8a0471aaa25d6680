"""Results too large for a message: kept in Redis for their owner, and computed over by a query.

`rows` keeps the rows of a tool's result compressed while they come in; `records` stores and loads results;
`overview` is what a model is told of one: its columns, a sample, how many rows there are.
"""
