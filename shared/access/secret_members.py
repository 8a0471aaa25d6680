"""Which members of AWS's answers hold secrets: environments, user data, passwords, tokens, connection strings.

Many a plain list answers with such values next to names and settings (`lambda:ListFunctions` with every function's
environment), and no policy can allow the one and deny the other. What is named here is removed by
`shared/access/stripping.py`. Members are found by the names in botocore's models; the names are compared in lower case,
letters and digits alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

# A text, number or blob of this name, and every one in a list or map of it, is a secret.
_SECRET = re.compile(
    r"passw|passphrase|passcode|secret|credential|token|api_?key$|accesskey$|privatekey$|personalpin$"
    r"|connection(string|url|uri|properties)|conn(ection)?str$|jdbc.*url$|jdbcconnection|bootstrapbrokers"
    r"|userdata|environmentvariable|envvar|^additionalenvironment|optimizationenvironment|overrideenvironment"
    r"|runtimeenvironmentvariables|authkey$|authvalue|^(app|nwk|nwksenc|[fs]nwksint)s?key$|sharedkey|psk$|streamkey$|activation(code|key)$"
    r"|licensekey$|unlockcode|authcode$|authorizationcode$|webhookurl$|signed[a-z]*url|stagevariables|statictext"
    r"|^airflowconfigurationoptions$|^configurationvalues$|^defaultarguments$|^nonoverridablearguments$"
    r"|^defaultrunproperties$|^(output|resolved)values?$|^arguments$|^kerberoskeytab|keytab"
    r"|^basicauth$|^customerawsconfig|radiussharedsecret|^sparksubmitparameters$|^inlinetemplatebody$|^taskparameters$"
)
# A list, map or text of this name holds values, in texts or in members that are named `value`; a structure of this name
# is a thing with a name ("environment" of Elastic Beanstalk) and is not meant.
_HOLDERS = re.compile(
    r"^(environment|environment(variables|parameters)|env|envvars|variables|stagevariables|optionsettings|headerparameters"
    r"|querystringparameters|bodyparameters|customheaders|originheaders|outputvariables|resolvedvariables"
    r"|environmentoverride|inputparameters)$"
)
# Names that look like the above and are none: references, kinds, states, and places in a list (page tokens).
_HARMLESS = re.compile(
    r"(arns?|ids?|name|names|type|types|status|state|version|versions|policy|policies|location|locations|expiration|date|time"
    r"|timestamp|age|hours|days|minutes|seconds|length|count|usage|balances?|details|requirements|algorithm|behavior"
    r"|source|sources|provider|providers|issuers?|endpoint|authority|audiences|identifier|metadata|summaries|regions"
    r"|kmskey|mode|domains?|field|xpath|attribute|format|scheme|standard|renewal|rotation|domain|methods?|method|prefix"
    r"|role|roles|enabled|link|host|scopes?|lastused|reset|vault|stringkey|method|tostages|alias|tokenizationdictionary)$"
    r"|^(next|prev|previous|page|.*page|pagination|.*continuation|client|.*creation|idempotency|.*request|lock|.*update|change"
    r"|.*version|.*sequence|.*chunk|.*message|conditional|loganomaly|listupdate|result|share|portfolioshare|starting"
    r"|offer|patterns?|inferred|dkim|verification|validation|playergateway|nextforward|nextbackward|continue|resume|start"
    r"|http|imds|httpput)tokens?$|^(max|min|num|total|input|output|prompt|completion|.*usage).*tokens?.*$"
)
# AWS marks as sensitive what should not be logged, personal names among it. With one of these names it is a value.
_SENSITIVE = re.compile(
    r"(value|values|header|headers|parameters|arguments|properties|definition|command|commands|payload|body|script"
    r"|input|configuration|options|variables|environment|environmentvariables|url|uri|connection|data|expression)$"
)
# What no rule finds: (shape, member) of one service.
_NAMED: Mapping[str, frozenset[tuple[str, str]]] = {
    "cloudformation": frozenset(
        {
            ("Parameter", "ParameterValue"),
            ("Parameter", "ResolvedValue"),
            ("Output", "OutputValue"),
            ("Export", "Value"),
            ("StackResourceDetail", "Metadata"),
        }
    ),
    # Whole resources as JSON text, environments included.
    "config": frozenset(
        {
            ("ConfigurationItem", "configuration"),
            ("ConfigurationItem", "supplementaryConfiguration"),
            ("BaseConfigurationItem", "configuration"),
            ("BaseConfigurationItem", "supplementaryConfiguration"),
        }
    ),
    "codepipeline": frozenset({("ActionDeclaration", "configuration"), ("ResolvedActionConfigurationMap", "value")}),
    "ecs": frozenset({("LogConfiguration", "options"), ("ServiceConnectService", "options")}),
    "emr": frozenset({("Configuration", "Properties"), ("HadoopStepConfig", "Properties"), ("Command", "Args")}),
    # Constant text and headers that a rule sends.
    "events": frozenset({("Target", "Input"), ("InputTransformer", "InputTemplate")}),
    "scheduler": frozenset({("Target", "Input")}),
    "rds": frozenset({("OptionSetting", "Value")}),
    "servicecatalog": frozenset({("UpdateProvisioningParameter", "Value"), ("RecordOutput", "OutputValue")}),
    "kafkaconnect": frozenset({("DescribeConnectorResponse", "connectorConfiguration")}),
}
_TAG = re.compile(r"^tag|Tag")
_VALUE = re.compile(r"values?$", re.IGNORECASE)


def holds_secret(service: str, shape: str, member: str, target: Any) -> bool:
    """Whether a member of a structure holds secrets. `target` is the member's own shape in botocore's model.

    What lies below a structure is judged by its own names.
    """
    if (shape, member) in _NAMED.get(service, ()):
        return True
    if target.type_name == "structure" or _TAG.search(shape):
        return False
    leaf = _leaf(target)
    if leaf is None or leaf.type_name in ("boolean", "timestamp"):
        return False
    name = _plain(member)
    if leaf.type_name != "structure":
        if _is_secret_name(name):
            return leaf.type_name in ("string", "blob") and not getattr(leaf, "enum", None)
        if _marked(target) and _SENSITIVE.search(name):
            return leaf.type_name in ("string", "blob")
    return _HOLDERS.match(name) is not None and leaf is not target


def is_value(member: str) -> bool:
    """Whether a member of the entries of a list or map that holds secrets is the value, and not its name."""
    return _VALUE.search(member) is not None


@lru_cache(maxsize=65536)
def _is_secret_name(name: str) -> bool:
    return _SECRET.search(name) is not None and _HARMLESS.search(name) is None


def _leaf(shape: Any, depth: int = 0) -> Any:
    """What a list or map holds in the end; None for what is nested without end."""
    while shape.type_name in ("list", "map"):
        shape = shape.member if shape.type_name == "list" else shape.value
        depth += 1
        if depth > 8:
            return None
    return shape


def _marked(shape: Any) -> bool:
    """Whether AWS marks the member, or what it holds, as sensitive."""
    if shape.metadata.get("sensitive"):
        return True
    if shape.type_name in ("list", "map"):
        inner = shape.member if shape.type_name == "list" else shape.value
        return inner is not shape and bool(inner.metadata.get("sensitive"))
    return False


def _plain(member: str) -> str:
    return re.sub(r"[^a-z0-9]", "", member.lower())
