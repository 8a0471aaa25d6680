"""One module per thing that is looked at; `check(situation)` yields what was found."""
