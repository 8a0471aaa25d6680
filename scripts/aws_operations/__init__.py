"""Makes `shared/aws_operations/levels.txt` and `operations.db` from botocore's models and `shared/access`."""
