"""Secrets recognised where none belongs, in text and in plans, and kept out of logs."""
