"""How the gateway calls a worker and awaits its result over Redis.

Door: `audited.AuditedDispatcher`, whose `call` takes a `ToolCall` and returns a `ToolResult`.
"""
