"""The plan that a model proposes: read and mended, freed of secrets, and where its arguments come from."""
