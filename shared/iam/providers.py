"""Identity providers that many parties share, and what of a token tells one party from all others.

Whoever signs in at a shared provider is known to it: millions of people, and every repository of the world. So a trust
policy has to name its own part of it. Sources: "Identity-provider controls for shared OIDC providers" in the IAM user
guide, and each provider's page about its tokens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# No wildcard, and none of the marks that end a part.
_NAME = r"[^*?/:]+"
_ID = r"[^*?]+"


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `claims`: claim → how a value begins or is that names a party; one of them is enough.

    `narrow`: claim → how a value is that names no more than a repository, workspace or the like of that party.
    `audience`: claims that name an application, where everyone who signs in to that application is let in.
    """

    name: str
    host: str
    claims: Mapping[str, str]
    example: str
    everyone: str
    narrow: Mapping[str, str] = field(default_factory=dict)
    audience: frozenset[str] = frozenset()
    shared: bool = True

    def has(self, host: str) -> bool:
        """Whether a host (with its path) is this provider's."""
        return re.fullmatch(self.host, host, re.IGNORECASE | re.ASCII) is not None


_REPOSITORY = rf"{_NAME}/[^*?].*"
_PROVIDERS = (
    Provider(
        "GitHub",
        r"token\.actions\.githubusercontent\.com",
        {
            "sub": rf"repo:{_NAME}/.+|repository_owner:{_NAME}(:.*)?|(repository|job_workflow_ref):{_NAME}/.+"
            r"|(repository_owner_id|repository_id|enterprise_id):\d+(:.*)?|enterprise:[^*?/:]+:.*",
            "repository": rf"{_NAME}/.+",
            "repository_owner": _NAME,
            "repository_id": r"\d+",
            "repository_owner_id": r"\d+",
            "job_workflow_ref": rf"{_NAME}/.+",
            "enterprise": _NAME,
            "enterprise_id": r"\d+",
        },
        "repo:ORGANISATION/REPOSITORY:ref:refs/heads/main",
        "every repository on GitHub",
        {
            "sub": rf"repo:{_REPOSITORY}|(repository|job_workflow_ref):{_REPOSITORY}|repository_id:.*|enterprise.*:.*",
            "repository": _REPOSITORY,
            "repository_id": r"\d+",
            "job_workflow_ref": _REPOSITORY,
        },
    ),
    Provider(
        "GitHub, one enterprise's",
        r"token\.actions\.githubusercontent\.com/.+",
        {"sub": r".*[^*?:/].*"},
        "repo:ORGANISATION/REPOSITORY:ref:refs/heads/main",
        "every repository of the enterprise",
        shared=False,
    ),
    Provider(
        "GitLab",
        r"gitlab\.com",
        {"sub": rf"project_path:{_NAME}/.+", "project_path": rf"{_NAME}/.+", "namespace_path": _NAME},
        "project_path:GROUP/PROJECT:ref_type:branch:ref:main",
        "every project on gitlab.com",
        {"sub": rf"project_path:{_REPOSITORY}", "project_path": _REPOSITORY},
    ),
    Provider(
        "HCP Terraform",
        r"app(\.eu)?\.terraform\.io",
        {"sub": rf"organization:{_NAME}:.+"},
        "organization:ORGANISATION:project:PROJECT:workspace:WORKSPACE:run_phase:*",
        "every organisation of HCP Terraform",
        {"sub": rf"organization:{_NAME}:project:[^:]+:workspace:[^*?:].*"},
    ),
    Provider(
        "CircleCI",
        r"oidc\.circleci\.com",
        {"sub": rf"org/{_NAME}/.+"},
        "org/ORGANISATION-ID/project/PROJECT-ID/user/*",
        "every project on CircleCI",
    ),
    Provider(
        "Buildkite",
        r"agent\.buildkite\.com",
        {"sub": rf"organization:{_NAME}:.+"},
        "organization:ORGANISATION:pipeline:PIPELINE:*",
        "every pipeline on Buildkite",
    ),
    Provider(
        "Azure DevOps",
        r"vstoken\.(dev\.azure|actions\.githubusercontent)\.com",
        {"sub": rf"sc://{_NAME}/.+|repo:{_NAME}/.+"},
        "sc://ORGANISATION/PROJECT/SERVICE-CONNECTION",
        "every organisation of Azure DevOps",
    ),
    Provider(
        "Microsoft Entra, any tenant",
        r"(login\.microsoftonline\.com|sts\.windows\.net)/(common|organizations|consumers)(/.*)?",
        {"sub": _ID, "oid": _ID, "tid": _ID},
        "the object id of one identity",
        "everyone who has a Microsoft account",
        audience=frozenset({"aud"}),
    ),
    Provider(
        "Bitbucket",
        r"api\.bitbucket\.org(/2\.0)?/?",
        {"sub": r"\{[0-9a-fA-F-]{36}\}:.*"},
        "{REPOSITORY-UUID}:*",
        "every repository on Bitbucket",
    ),
    Provider(
        "Google",
        r"accounts\.google\.com",
        {"sub": r"\d+", "email": r"[^*?@]+@[^*?]+|\*@[^*?]+", "hd": _ID},
        "the id of one account",
        "everyone who has a Google account",
        audience=frozenset({"aud", "oaud", "azp"}),
    ),
    Provider(
        "Login with Amazon",
        r"www\.amazon\.com",
        {"user_id": _ID},
        "the id of one account",
        "everyone who has an Amazon account",
        audience=frozenset({"app_id"}),
    ),
    Provider(
        "Facebook",
        r"graph\.facebook\.com",
        {"id": _ID},
        "the id of one account",
        "everyone who has a Facebook account",
        audience=frozenset({"app_id"}),
    ),
    Provider(
        "Amazon Cognito",
        r"cognito-identity\.amazonaws\.com",
        {"aud": r"[a-z0-9-]+:[0-9a-f-]{8,}", "sub": r"[a-z0-9-]+:[0-9a-f-]{8,}"},
        "eu-west-1:IDENTITY-POOL-ID as aud",
        "everyone of any Cognito identity pool, of any account",
    ),
    Provider(
        "Vercel",
        r"oidc\.vercel\.com",
        {"sub": rf"owner:{_NAME}:.+", "aud": r"https://vercel\.com/[^*?/]+"},
        "owner:TEAM:project:PROJECT:environment:production",
        "every team on Vercel",
    ),
    Provider(
        "Pulumi",
        r"api\.pulumi\.com/oidc",
        {"sub": rf"pulumi:[a-z:]*org:{_NAME}:.+", "aud": rf"(aws:)?{_NAME}"},
        "pulumi:deploy:org:ORGANISATION:project:PROJECT:*",
        "every organisation on Pulumi",
    ),
    Provider(
        "an EKS cluster",
        r"oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/id/.+",
        {"sub": r"system:serviceaccount:[^*?:]+:.+"},
        "system:serviceaccount:NAMESPACE:NAME",
        "every service account of the cluster",
        {"sub": r"system:serviceaccount:[^*?:]+:[^*?]+"},
        shared=False,
    ),
)
# A word that begins subjects, and nothing after it but wildcards, says nothing.
_SAYS_SOMETHING = r"(?!(repo|repository|project_path|organization|org|owner|sc|system|serviceaccount|[*?:/])*$).+"


def provider_of(host: str) -> Provider:
    """The provider at a host; one that no list knows is taken for somebody's own."""
    return next((one for one in _PROVIDERS if one.has(host)), _other(host))


def _other(host: str) -> Provider:
    claims = {"sub": _SAYS_SOMETHING, "email": _SAYS_SOMETHING}
    return Provider(
        host[:80], re.escape(host), claims, "one identity's subject", f"everyone known to {host[:80]}", shared=False
    )
