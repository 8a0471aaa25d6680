"""AWS as every service calls it: clients (`clients.py`), arguments checked, answers checked and explained."""
