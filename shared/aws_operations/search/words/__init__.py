"""What the index knows of words, as tables to edit: what people call a service, and what AWS calls what they mean."""
