"""Everything the executor can change, by name: importing the package registers its modules' operations."""

from services.executor.operations import attachments, lambda_, role_deletion, roles, s3
from services.executor.registry.operation import OPERATIONS

__all__ = ["OPERATIONS", "attachments", "lambda_", "role_deletion", "roles", "s3"]
