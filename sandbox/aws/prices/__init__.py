"""AWS's price list, asked as `AWSPriceListService`. The figures are the sandbox's own, and no prices of AWS.

Every product says so: its version is `sandbox-not-aws-prices`, and so does the description of each price.
"""
