"""One message: what is piped in with it (`pasted`), its turn (`turn`, `printer`); the input of a chat (`prompt`)."""
