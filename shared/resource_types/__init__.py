"""AWS's resource types, as CloudFormation and Cloud Control know them. Enter by `catalogue.py`.

One generated file (`make resource-types`), `types.db`, read on first use: of each type its schema, and the facts about
it that a plan needs. It is made from the schemas in the package cfn-lint (MIT-0), which no image has.
"""
