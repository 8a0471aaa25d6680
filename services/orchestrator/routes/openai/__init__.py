"""The routes of OpenAI's protocols: models, chat completions, responses. Their bodies are in `openai_api`."""
