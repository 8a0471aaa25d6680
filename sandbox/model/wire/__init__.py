"""The protocol of chat completions: requests checked, answers written whole or streamed, models by their name."""
