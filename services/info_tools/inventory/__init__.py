"""How many resources of each kind there are, and which of them need attention: one declaration a kind."""
