"""Puts the results of tools and plans into words, and says what the model can and cannot do."""
