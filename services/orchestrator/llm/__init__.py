"""The chat model: any server that speaks OpenAI's chat completions protocol.

Door: `client.ChatModel.complete`.
"""
