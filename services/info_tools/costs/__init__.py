"""Cost Explorer: the periods that people name, the requests that they need, and what changed between two of them."""
