"""What AWS guarantees of its global condition keys: which are always there, what their values look like, and which of
them are the same thing under two names.

Source: "AWS global condition context keys" in the IAM user guide.
"""

from __future__ import annotations

import re

from shared.iam.comparison.patterns import Part, Pattern, Sign, Union, literal, plain

# "This key is always included in the request context."
ALWAYS = frozenset(
    ("aws:currenttime", "aws:epochtime", "aws:securetransport", "aws:requestedregion", "aws:viaawsservice")
)
# In every request of somebody who signed in.
WHEN_SIGNED = ALWAYS | {"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid"}
USUAL = WHEN_SIGNED | {"aws:sourceip", "aws:useragent"}

ACCOUNT = "111122223333"
NUMBER: Pattern = ("0123456789",) * 12
PARTITION: tuple[Part, ...] = (Sign.ONE_WITHIN, Sign.RUN_WITHIN)
_NOT_EMPTY: Union = (plain("?*"),)


def within(text: str) -> Pattern:
    """The text with its wildcards, which match no colon."""
    signs = {"*": Sign.RUN_WITHIN, "?": Sign.ONE_WITHIN}
    return tuple(signs.get(one, one) for one in text)


def _in_account(service: str, rest: str) -> Pattern:
    return (*literal("arn:"), *PARTITION, *literal(f":{service}::"), *NUMBER, *within(rest))


SHAPES: dict[str, Union] = {
    **dict.fromkeys(
        ("aws:principalaccount", "aws:resourceaccount", "s3:resourceaccount", "aws:sourceaccount", "kms:calleraccount"),
        (NUMBER,),
    ),
    "aws:principalarn": (
        _in_account("iam", ":user/?*"),
        _in_account("iam", ":role/?*"),
        _in_account("sts", ":federated-user/?*"),
        _in_account("iam", ":root"),
    ),
    "aws:principaltype": tuple(map(literal, ("User", "AssumedRole", "FederatedUser", "Account"))),
    **dict.fromkeys(("aws:userid", "aws:username", "aws:requestedregion", "aws:useragent"), _NOT_EMPTY),
    **dict.fromkeys(("aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid"), (plain("o-?*"),)),
    **dict.fromkeys(("aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths"), (plain("o-?*/r-?*/*"),)),
    "aws:sourcevpc": (plain("vpc-?*"),),
    "aws:sourcevpce": (plain("vpce-?*"),),
}
"""What every value of a key looks like."""

_SAMPLES = {
    **dict.fromkeys((key for key in SHAPES if key.endswith("account")), ACCOUNT),
    "aws:principalarn": f"arn:aws:iam::{ACCOUNT}:user/example-user",
    "aws:principaltype": "User",
    "aws:username": "example-user",
    "aws:userid": "AIDAEXAMPLEEXAMPLE",
    "aws:requestedregion": "us-east-1",
    **dict.fromkeys(("aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid"), "o-example"),
    "aws:sourcevpc": "vpc-example",
    "aws:sourcevpce": "vpce-example",
    "aws:principalorgpaths": "o-example/r-example/",
    "aws:multifactorauthage": "60",
    "aws:sourceip": "192.0.2.1",
    "aws:vpcsourceip": "10.0.0.1",
    "aws:currenttime": "2026-01-01T00:00:00Z",
    "aws:epochtime": "1767225600",
    "aws:principalservicename": "example.amazonaws.com",
}

_OF_SERVICE = re.compile(r"[a-z0-9-]+:((?:resource|request)tag/.+)")
_SAME = {
    "s3:resourceaccount": "aws:resourceaccount",
    "kms:calleraccount": "aws:principalaccount",
    "ec2:region": "aws:requestedregion",
    "aws:epochtime": "aws:currenttime",
}


def sample(key: str) -> str:
    """A value of a key in lower case, as an example has one."""
    return _SAMPLES.get(key, f"example-{key.rpartition(':')[2].rpartition('/')[2]}")


def one_name(key: str) -> str:
    """The key's name in lower case; one for keys that have the same value in each request that has both."""
    if found := _OF_SERVICE.fullmatch(key):
        return f"aws:{found[1]}"
    return _SAME.get(key, key)
