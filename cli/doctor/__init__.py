"""`assistant doctor`: finds the usual misconfigurations and says what to do about each."""
