"""One message and what comes of it (`turn`), and many of them (`prompt`)."""
