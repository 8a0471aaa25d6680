"""What a person or a pipe sees. Door: `invocation`. All text of others passes `text` before Rich gets it."""
