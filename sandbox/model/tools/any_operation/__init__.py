"""What answers a question that no tool of its own is for: the search for an operation of AWS, and reading with it."""
