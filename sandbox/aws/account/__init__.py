"""The sandbox's account: what it contains, its access keys and its costs."""
