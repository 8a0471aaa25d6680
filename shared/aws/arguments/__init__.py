"""The arguments of one AWS operation, checked offline against botocore's model of it. Enter by `checking.py`."""
