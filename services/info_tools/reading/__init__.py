"""Any AWS operation that only lists or reads, all pages of it, in every region it is meant for. Enter by `read.py`."""
