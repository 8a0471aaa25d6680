"""What pages show, made from the records and answers of the areas below."""
