"""What the model is given to read: the system prompt, the conversation so far, and what came of its calls."""
