"""Any changing operation of AWS as a step: which power it needs, whether it happened, how it is undone, its strongest
form.

Door: `change.py`. What is known of single operations stands in tables, `tables/SERVICE.toml`; what follows from AWS's
own data (IAM actions and resources, reads that show an effect) is derived in the modules here.
"""
