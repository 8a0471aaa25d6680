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
    r"passw|passphrase|passcode|secret|credential|token|apikey$|accesskey$|privatekey$|personalpin$|sharedkey|keymaterial$|psk$"
    r"|streamkey$|licensekey$|authkey$|authvalue|^(app|nwk|nwksenc|[fs]nwksint)s?key$|unlockcode|keytab|^basicauth$"
    r"|authcode$|authorizationcode$|activation(code|key)$|webhookurl$|signed[a-z]*url|jdbc.*url$|conn(ection)?str$"
    r"|connection(string|url|uri|properties)|bootstrapbrokers|userdata|environmentvariable|envvar|stagevariables"
    r"|^additionalenvironment|^(optimization|override)environment|^airflowconfigurationoptions$|^configurationvalues$"
    r"|^(default|nonoverridable)?arguments$|^defaultrunproperties$|^(output|resolved)values?$|^inlinetemplatebody$"
    r"|^sparksubmitparameters$|^taskparameters$"
)
# A list, map or text of this name holds values, in texts or in members that are named `value`; a structure of this name
# is a thing with a name ("environment" of Elastic Beanstalk) and is not meant.
_HOLDERS = re.compile(
    r"^(environment(variables|parameters|override)?|env|envvars|variables|stagevariables|outputvariables"
    r"|resolvedvariables|optionsettings|headerparameters|querystringparameters|bodyparameters|customheaders"
    r"|originheaders|inputparameters)$"
)
# Names that look like the above and are none: references, kinds, states, and places in a list (page tokens).
_HARMLESS = re.compile(
    r"(arns?|ids?|names?|types?|status|state|versions?|policy|policies|locations?|expiration|date|time|timestamp|age"
    r"|hours|days|minutes|seconds|length|count|usage|balances?|details|requirements|algorithm|behavior|sources?"
    r"|providers?|issuers?|endpoint|authority|audiences|identifier|metadata|summaries|regions|kmskey|mode|domains?"
    r"|field|xpath|attribute|format|scheme|standard|renewal|rotation|methods?|prefix|roles?|enabled|link|host|scopes?"
    r"|lastused|reset|vault|stringkey|tostages|alias|tokenizationdictionary)$"
    r"|^(next|prev|previous|.*page|pagination|.*continuation|client|.*creation|idempotency|.*request|lock|.*update"
    r"|change|.*version|.*sequence|.*chunk|.*message|conditional|loganomaly|result|.*share|starting|offer|patterns?"
    r"|inferred|dkim|verification|validation|playergateway|nextforward|nextbackward|continue|resume|start|http|imds"
    r"|httpput)tokens?$|^(max|min|num|total|input|output|prompt|completion|.*usage).*tokens?.*$"
)
# AWS marks as sensitive what should not be logged, personal names among it. With one of these names it is a value.
_SENSITIVE = re.compile(
    r"(value|values|header|headers|parameters|arguments|properties|definition|command|commands|payload|body|script"
    r"|input|configuration|options|variables|environment|environmentvariables|url|uri|connection|data|expression)$"
)
NAMED: Mapping[str, frozenset[tuple[str, str]]] = {
    # Values that go into a stack and come out of it, and whole resources and templates as text.
    "cloudformation": frozenset(
        {
            ("Parameter", "ParameterValue"),
            ("Parameter", "ResolvedValue"),
            ("ParameterDeclaration", "DefaultValue"),
            ("TemplateParameter", "DefaultValue"),
            ("Output", "OutputValue"),
            ("Export", "Value"),
            ("StackResourceDetail", "Metadata"),
            ("GetTemplateSummaryOutput", "Metadata"),
            ("StackEvent", "ResourceProperties"),
            ("OperationEvent", "ResourceProperties"),
            ("StackResourceDrift", "ActualProperties"),
            ("StackResourceDrift", "ExpectedProperties"),
            ("PropertyDifference", "ActualValue"),
            ("PropertyDifference", "ExpectedValue"),
            ("LiveResourceDrift", "ActualValue"),
            ("LiveResourceDrift", "PreviousValue"),
            ("ResourceChange", "BeforeContext"),
            ("ResourceChange", "AfterContext"),
            ("ResourceChange", "PreviousDeploymentContext"),
            ("ResourceTargetDefinition", "BeforeValue"),
            ("ResourceTargetDefinition", "AfterValue"),
            ("StackSet", "TemplateBody"),
            ("GetGeneratedTemplateOutput", "TemplateBody"),
            ("TypeConfigurationDetails", "Configuration"),
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
    "codepipeline": frozenset(
        {
            ("ActionDeclaration", "configuration"),
            ("ActionExecutionInput", "configuration"),
            ("ActionExecutionInput", "resolvedConfiguration"),
        }
    ),
    "ecs": frozenset({("LogConfiguration", "options"), ("FirelensConfiguration", "options")}),
    "emr": frozenset(
        {
            ("Configuration", "Properties"),
            ("HadoopStepConfig", "Properties"),
            ("HadoopJarStepConfig", "Properties"),
            ("Command", "Args"),
        }
    ),
    # Constant text and headers that a rule sends.
    "events": frozenset(
        {
            ("Target", "Input"),
            ("InputTransformer", "InputTemplate"),
            ("RedshiftDataParameters", "Sql"),
            ("SageMakerPipelineParameter", "Value"),
        }
    ),
    "scheduler": frozenset({("Target", "Input")}),
    "rds": frozenset({("OptionSetting", "Value")}),
    "servicecatalog": frozenset({("UpdateProvisioningParameter", "Value"), ("RecordOutput", "OutputValue")}),
    "kafkaconnect": frozenset({("DescribeConnectorResponse", "connectorConfiguration")}),
}
"""What no rule finds: (structure, member), by service."""
_TAG = re.compile(r"^tag|Tag")
_VALUE = re.compile(r"values?$", re.IGNORECASE)


def holds_secret(service: str, shape: str, member: str, target: Any) -> bool:
    """Whether a member of a structure holds secrets. `target` is the member's own shape in botocore's model.

    What lies below a structure is judged by its own names.
    """
    if (shape, member) in NAMED.get(service, ()):
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
