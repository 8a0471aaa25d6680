"""The informational tools; importing this package registers all of them in `toolbox`."""

from __future__ import annotations

from services.info_tools.toolbox import toolbox
from services.info_tools.tools import cost, ec2, iam, identity, lambda_, s3, summary

__all__ = ["cost", "ec2", "iam", "identity", "lambda_", "s3", "summary", "toolbox"]
