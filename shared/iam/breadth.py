"""Whether a caller's identity policies amount to an administrator: it can do, or give itself, everything.

The line, exactly:

1. It can give itself any permission, or become any user, with one IAM call: one of `TAKEOVERS` is allowed on an
   arbitrary user, group or policy, or on the caller itself.
2. It can do nearly everything: of `EVERYTHING`, destructive actions of as many services, at least four in five.

Rights over roles alone (`iam:AttachRolePolicy`, `iam:PutRolePolicy`, `iam:PassRole`) do not count: creating roles is
what the assistant is for, and each such step needs a person's approval. The permissions boundary narrows. A condition
counts as met (with MFA an administrator is one), and a Deny that depends on one as not applying.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.iam.budget import Budget
from shared.iam.documents import CallerPolicies
from shared.iam.escalations import TAKEOVERS
from shared.iam.evaluate import Evaluator, Verdict, request_of
from shared.messages import Finding

EVERYTHING = (
    ("s3:DeleteBucket", "arn:{partition}:s3:::{other}"),
    ("ec2:TerminateInstances", "arn:{partition}:ec2:us-east-1:{account}:instance/{other}"),
    ("rds:DeleteDBInstance", "arn:{partition}:rds:us-east-1:{account}:db:{other}"),
    ("kms:ScheduleKeyDeletion", "arn:{partition}:kms:us-east-1:{account}:key/{other}"),
    ("cloudtrail:StopLogging", "arn:{partition}:cloudtrail:us-east-1:{account}:trail/{other}"),
    ("secretsmanager:GetSecretValue", "arn:{partition}:secretsmanager:us-east-1:{account}:secret:{other}"),
    ("ssm:SendCommand", "arn:{partition}:ssm:us-east-1:{account}:document/{other}"),
    ("dynamodb:DeleteBackup", "arn:{partition}:dynamodb:us-east-1:{account}:table/{other}/backup/1"),
    ("lambda:AddPermission", "arn:{partition}:lambda:us-east-1:{account}:function:{other}"),
    ("cloudformation:DeleteStack", "arn:{partition}:cloudformation:us-east-1:{account}:stack/{other}/1"),
    ("ecs:DeleteCluster", "arn:{partition}:ecs:us-east-1:{account}:cluster/{other}"),
    ("eks:DeleteCluster", "arn:{partition}:eks:us-east-1:{account}:cluster/{other}"),
    ("sqs:AddPermission", "arn:{partition}:sqs:us-east-1:{account}:{other}"),
    ("sns:AddPermission", "arn:{partition}:sns:us-east-1:{account}:{other}"),
    ("route53:DeleteHostedZone", "arn:{partition}:route53:::hostedzone/{other}"),
    ("config:DeleteConfigurationRecorder", "*"),
    ("guardduty:DeleteDetector", "arn:{partition}:guardduty:us-east-1:{account}:detector/{other}"),
    ("elasticloadbalancing:DeleteLoadBalancer", "*"),
    ("autoscaling:DeleteAutoScalingGroup", "*"),
    ("ecr:DeleteRepository", "arn:{partition}:ecr:us-east-1:{account}:repository/{other}"),
    ("redshift:DeleteCluster", "arn:{partition}:redshift:us-east-1:{account}:cluster:{other}"),
    ("glue:DeleteDatabase", "arn:{partition}:glue:us-east-1:{account}:database/{other}"),
    ("elasticache:DeleteCacheCluster", "arn:{partition}:elasticache:us-east-1:{account}:cluster:{other}"),
    ("backup:DeleteBackupVault", "arn:{partition}:backup:us-east-1:{account}:backup-vault:{other}"),
    ("iam:CreateUser", "arn:{partition}:iam::{account}:user/{other}"),
    ("iam:AttachRolePolicy", "arn:{partition}:iam::{account}:role/{other}"),
    ("sts:AssumeRole", "arn:{partition}:iam::{account}:role/{other}"),
    ("organizations:LeaveOrganization", "*"),
    ("account:PutAlternateContact", "*"),
    ("budgets:ModifyBudget", "*"),
)
NEARLY_EVERYTHING = 0.8
# A name that no policy means in particular, and an account where none is named.
_OTHER = "zz-anything-9d41c7"
_ACCOUNT = "123456789012"
_NAMED_STATEMENTS = 3
# Of processor time. A thousand statements that all concern the probes take one second.
SECONDS = 5.0
MAX_OTHER_ACCOUNTS = 10


@dataclass(frozen=True, slots=True)
class _Probe:
    """Asks an evaluator whether an action is possible at all."""

    evaluator: Evaluator
    partition: str
    accounts: tuple[str, ...]
    name: str

    def possible(self, action: str, template: str) -> Verdict | None:
        """The verdict that lets it happen on any resource or the template's, in any account that is named."""
        names = {"partition": self.partition, "other": _OTHER}
        resources = [template.format(account=account, **names) for account in self.accounts]
        return next((found for one in ("*", *resources) if (found := self._not_denied(action, one))), None)

    def on_self(self, action: str) -> Verdict | None:
        """The verdict that lets it happen on the caller itself."""
        return self._not_denied(action, self.name) if self.name else None

    def _not_denied(self, action: str, resource: str) -> Verdict | None:
        verdict = self._asked(action, resource, self.name.rpartition("/")[2] or None)
        if verdict.decision == "unknown" and not self.name:
            # A role has no user name. What AWS then allows on `user/${aws:username}` is nothing of anybody else's, and
            # a Deny that speaks of it may be invalid: it is not relied on.
            named = self._asked(action, resource, _OTHER[::-1])
            if named.decision == "denied" and named.kind != "explicit_deny":
                return None
        return None if verdict.decision == "denied" else verdict

    def _asked(self, action: str, resource: str, user_name: str | None) -> Verdict:
        context: dict[str, str | None] = {
            "aws:username": user_name,
            # Attaching what is on a list, or only with a boundary, is not giving oneself anything.
            "iam:PolicyARN": f"arn:{self.partition}:iam::aws:policy/AdministratorAccess",
            "iam:PermissionsBoundary": None,
        }
        return self.evaluator.decide(request_of(action, resource, context, complete=False))


def administrator(identity: CallerPolicies) -> Finding | None:
    """Return why these policies make an administrator, naming the statements; None where they do not.

    The finding's code is "administrator", its `path` the first statement. A policy that cannot be understood makes one
    too: nothing can be said against it. Raises Forbidden (`credentials_unverifiable`) where the policies are so large
    that `SECONDS` do not suffice; it keeps its thread busy for so long.
    """
    parts = identity.arn.split(":")
    partition, account = (parts[1], parts[4]) if len(parts) >= 6 else ("aws", "")
    texts = " ".join(str(policy.document) for policy in identity.policies)
    named = sorted(set(re.findall(r"(?<!\d)\d{12}(?!\d)", texts)))
    # What matters is the caller's own account; policies may name thousands.
    accounts = dict.fromkeys([account or _ACCOUNT, *(named[:MAX_OTHER_ACCOUNTS] if account else named)])
    own = identity.arn if ":user/" in identity.arn else ""
    evaluator = Evaluator(identity.policies, identity.boundary, budget=Budget(SECONDS))
    probe = _Probe(evaluator, partition, tuple(accounts), own)
    everything = [found for action, template in EVERYTHING if (found := probe.possible(action, template))]
    if len(everything) >= NEARLY_EVERYTHING * len(EVERYTHING):
        return _finding("They can do nearly everything in the account", everything)
    escalations = [(action, found) for action, found in _escalations(probe)]
    if escalations:
        actions = ", ".join(dict.fromkeys(action for action, _ in escalations))
        return _finding(
            f"They can give themselves any permission or become any user ({actions})",
            [found for _, found in escalations],
        )
    return None


def _escalations(probe: _Probe) -> Iterator[tuple[str, Verdict]]:
    for action, template in TAKEOVERS:
        resource = "arn:{partition}:iam::{account}:" + template.replace("{user}", "{other}")
        found = probe.possible(action, resource) or (probe.on_self(action) if "{user}" in template else None)
        if found:
            yield action, found


def _finding(what: str, verdicts: list[Verdict]) -> Finding:
    sources = list(dict.fromkeys(verdict.source or verdict.reason for verdict in verdicts))
    named = "; ".join(sources[:_NAMED_STATEMENTS])
    more = f" and {len(sources) - _NAMED_STATEMENTS} more" if len(sources) > _NAMED_STATEMENTS else ""
    return Finding(code="administrator", severity="high", message=f"{what}: {named}{more}", path=sources[0])
