"""The narrowest ARNs that an IAM action on a resource needs, as far as the resource's properties say its name.

A part of an ARN that the properties do not tell is `*`; an action that knows no resources is on `*`. AWS denies what
is narrowed wrongly: an ARN here covers whatever the handler may touch.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.executor.resources.known import Known
from services.executor.resources.service_bounds import MADE_TOO
from shared.access.arn_forms import ArnForm, fill, forms_of, given
from shared.access.arn_names import policy_arns, with_new_secrets
from shared.access.levels import level_of_action
from shared.messages import Effect

# An action on more kinds of resources than these, such as ec2:CreateTags, is on any where its own is not known.
MAX_KINDS = 4
# The handler that makes a secret sets its tags too.
_OF_NEW_SECRETS = ("secretsmanager:CreateSecret", "secretsmanager:TagResource")
_PASS, _LINK = "iam:PassRole", "iam:CreateServiceLinkedRole"


def arns_of(action: str, known: Known) -> tuple[str, ...]:
    """The resources that an action is needed on; () for one that hands on what the properties do not name.

    Raises InvalidArguments (`unnameable_resource`) where a name is what a policy would read as a pattern.
    """
    prefix = action.partition(":")[0]
    anywhere = f"arn:{known.place.partition}:iam::{known.place.account}:role/"
    if action == _LINK:
        return (f"{anywhere}aws-service-role/*",)
    forms = forms_of(action)
    mentioned = {form: [arn for arn in known.arns if form in given(forms, arn)] for form in forms}
    if action == _PASS:
        passed = [arn for arns in mentioned.values() for arn in arns]
        return tuple(dict.fromkeys([*passed, *([f"{anywhere}*"] if known.incomplete else [])]))
    needed = [form for form in forms if _is_meant(prefix, form, known, mentioned)]
    if level_of_action(action) is Effect.TAGGING:
        # A step sets the tags of what it is about.
        needed = [form for form in needed if known.is_own(prefix, form) or _is_made_too(form, known)] or needed
    if not needed and len(forms) <= MAX_KINDS:
        needed = list(forms)
    made = [arn for form in needed for arn in _arns(prefix, form, known, mentioned[form])]
    if action in _OF_NEW_SECRETS:
        made = with_new_secrets(made)
    return tuple(dict.fromkeys(made)) or ("*",)


def own_arns_of(action: str, known: Known) -> tuple[str, ...]:
    """The resource's own ARNs among those of an action, or a pattern that covers them; () where it is on no such."""
    prefix, forms = action.partition(":")[0], forms_of(action)
    if known.own_arn and given(forms, known.own_arn):
        return (known.own_arn,)
    own = [form for form in forms if known.is_own(prefix, form)]
    made = (arn for form in own for arn in _arns(prefix, form, known, []))
    return tuple(dict.fromkeys(arn.replace("??????", "*") for arn in made))


def _is_meant(prefix: str, form: ArnForm, known: Known, mentioned: Mapping[ArnForm, list[str]]) -> bool:
    """Whether the action is on a resource of the form: AWS says so, it is the resource's own, or it is named."""
    if form.required or mentioned[form] or _is_made_too(form, known):
        return True
    if known.is_own(prefix, form):
        return not any(known.own_arn in arns for arns in mentioned.values())
    values = [known.value(prefix, form.kind, name) for name in form.variables]
    return bool(values) and (None not in values or known.may_name(prefix, form))


def _is_made_too(form: ArnForm, known: Known) -> bool:
    return form.kind in MADE_TOO.get(known.kind.name, ())


def _arns(prefix: str, form: ArnForm, known: Known, mentioned: list[str]) -> list[str]:
    """The ARNs of one form: those that are mentioned, and one made of what is known.

    Where ARNs are mentioned, none is made besides, but of the resource itself: what it mentions is another of its kind.
    """
    made = [one for arn in mentioned for one in policy_arns(prefix, form.kind, arn, given=True)]
    is_told = known.own_arn in mentioned if known.is_own(prefix, form) else not known.may_name(prefix, form)
    if mentioned and is_told:
        return made
    values = {name: value for name in form.variables if (value := known.value(prefix, form.kind, name)) is not None}
    if prefix == "s3" and "BucketName" in form.variables and "BucketName" not in values and known.buckets:
        return [*made, *(fill(form.arn, {**values, "BucketName": one}, known.place) for one in known.buckets)]
    return [*made, *policy_arns(prefix, form.kind, fill(form.arn, values, known.place), given=False)]
