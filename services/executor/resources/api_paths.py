"""Where API Gateway's types are: its resources are the paths of requests, and its actions the methods.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples-for-creation.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from services.executor.registry.operation import UNKNOWN
from services.executor.resources.known import Known
from shared.access.arn_forms import check_name
from shared.access.request_paths import arn_of_path

# The property that names what something belongs to, or is; both versions of the API have the same paths.
_WITHIN: Mapping[str, str] = MappingProxyType(
    {
        "RestApiId": "/restapis",
        "ApiId": "/apis",
        "DomainName": "/domainnames",
        "UsagePlanId": "/usageplans",
        "APIKeyId": "/apikeys",
        "VpcLinkId": "/vpclinks",
        "ClientCertificateId": "/clientcertificates",
    }
)
# The collection that a type is made in, where no property of it says so.
_COLLECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "Account": "/account",
        "Api": "/apis",
        "ApiKey": "/apikeys",
        "BasePathMappingV2": "/domainnames",
        "ClientCertificate": "/clientcertificates",
        "DomainName": "/domainnames",
        "DomainNameAccessAssociation": "/domainnameaccessassociations",
        "DomainNameV2": "/domainnames",
        "GatewayResponse": "/restapis",
        "PortalProduct": "/portalproducts",
        "RestApi": "/restapis",
        "RoutingRule": "/domainnames",
        "UsagePlan": "/usageplans",
        "UsagePlanKey": "/usageplans",
        "VpcLink": "/vpclinks",
    }
)
# A name that is one for all names below a domain; no policy can name it alone.
_ANY_BELOW = re.compile(r"\*\.[a-z0-9.-]+")


def path_arns(known: Known) -> tuple[str, ...]:
    """The paths that the type's handlers may ask, each with what is below it; all paths of an unknown type.

    Raises InvalidArguments (`unnameable_resource`) where a name is what a policy would read as a pattern.
    """
    paths = dict.fromkeys(_paths(known)) or {"/*": None}
    return tuple(arn_of_path(path, known.place) for path in paths)


def _paths(known: Known) -> Iterator[str]:
    collection = _COLLECTIONS.get(known.kind.name.rpartition("::")[2])
    named = [(_WITHIN[name], text) for name, text in known.texts.items() if name in _WITHIN]
    for within, text in named:
        if UNKNOWN in text or _ANY_BELOW.fullmatch(text):
            yield f"{within}/*"
        else:
            check_name(text)
            # A private domain name is followed by its id: /domainnames/NAME+ID.
            yield from (f"{within}/{text}", f"{within}/{text}/*")
    if collection is not None:
        yield collection
        if collection not in dict(named):
            yield f"{collection}/*"
    if known.kind.tagging is not None:
        yield "/tags/*"
