"""Tags of existing resources, whatever service they are of: set, change and remove them."""
