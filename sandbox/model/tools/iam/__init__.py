"""IAM: which roles there are, what one may do, and making, deleting and giving roles their policies."""
