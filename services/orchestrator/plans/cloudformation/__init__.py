"""A plan as a CloudFormation template: what it made, or would make. Enter by `export.py`."""
