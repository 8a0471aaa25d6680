"""`assistant mcp`: MCP over standard input and output, for clients that start a program."""
