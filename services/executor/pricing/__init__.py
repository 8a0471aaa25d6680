"""What resources cost a month, from AWS's price list: no figure is made here, and what is not certain is unknown.

`kinds/` says of a type of resource what is paid for (`items.py`), `price_list.py` finds the one price of each in AWS's
price list, `reading.py` asks AWS for it, and `amounts.py` makes the cost of a step of both. Door: `estimate.py`.
"""
