"""Plans on the terminal: shown as on their page, decided by a key press and the digest, watched to their end."""
