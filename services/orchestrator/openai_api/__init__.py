"""OpenAI's chat completions protocol, so that any chat client can talk to the assistant. It decides nothing itself."""
