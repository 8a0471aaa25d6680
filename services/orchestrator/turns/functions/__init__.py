"""The functions that a model is offered, in few words."""
