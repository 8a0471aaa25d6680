"""The verbs of queries: what asks to see something, and what AWS calls the change that is asked for."""

from __future__ import annotations

from collections.abc import Mapping

# Words that ask to see something, and are no part of what is asked for.
LOOKING = frozenset(
    {
        "check", "count", "describe", "display", "fetch", "get", "list", "look", "lookup", "name", "number",
        "print", "read", "see", "show", "view"
    }
)  # fmt: skip
# A sentence that begins with one of these asks, whatever verbs follow; "can you stop it" is an order all the same.
ASKING = frozenset(
    {
        "are", "can", "could", "did", "do", "does", "has", "have", "how", "is", "may", "should", "was", "were",
        "what", "when", "where", "which", "who", "whose", "why"
    }
)  # fmt: skip
ORDERING = ("can you", "could you", "would you", "will you")
# The verb of a change as people say it → the first words of AWS's names for it.
CHANGES: Mapping[str, tuple[str, ...]] = {
    "create": ("create", "make", "run", "register", "put", "allocate", "request"),
    "make": ("create",),
    "add": ("add", "create", "put", "attach", "authorize", "associate", "register", "tag"),
    "launch": ("run", "create", "launch", "start"),
    "delete": ("delete", "remove", "deregister", "terminate", "revoke", "release"),
    "remove": ("remove", "delete", "detach", "revoke", "deregister", "untag"),
    "destroy": ("delete", "terminate"),
    "drop": ("delete",),
    "update": ("update", "modify", "put", "set", "change"),
    "change": ("change", "modify", "update", "set", "put"),
    "modify": ("modify", "update", "put"),
    "edit": ("modify", "update", "put"),
    "set": ("set", "put", "modify", "update"),
    "configure": ("put", "modify", "update", "set", "configure"),
    "start": ("start", "run", "execute"),
    "run": ("run", "start", "invoke", "execute"),
    "invoke": ("invoke",),
    "execute": ("execute", "start", "run", "invoke"),
    "stop": ("stop", "cancel", "pause"),
    "cancel": ("cancel", "stop"),
    "terminate": ("terminate", "delete"),
    "reboot": ("reboot", "restart"),
    "enable": ("enable", "put", "start"),
    "disable": ("disable", "put", "stop"),
    "attach": ("attach", "associate"),
    "detach": ("detach", "disassociate"),
    "associate": ("associate", "attach"),
    "disassociate": ("disassociate", "detach"),
    "tag": ("tag", "add", "create"),
    "untag": ("untag", "remove", "delete"),
    "copy": ("copy",),
    "restore": ("restore",),
    "rotate": ("rotate",),
    "purge": ("purge",),
    "put": ("put",),
    "send": ("send", "publish"),
    "publish": ("publish",),
    "upload": ("put", "upload"),
    "grant": ("grant", "put", "authorize", "attach"),
    "revoke": ("revoke",),
    "authorize": ("authorize",),
    "schedule": ("schedule", "create", "put"),
    "import": ("import",),
    "export": ("export",),
    "release": ("release",),
    "allocate": ("allocate",),
    "assign": ("assign", "attach", "associate"),
    "increase": ("increase", "modify", "update", "request"),
    "scale": ("update", "set", "modify"),
    "detect": ("detect",),
    "generate": ("generate",),
    "encrypt": ("encrypt",),
    "decrypt": ("decrypt",),
    "subscribe": ("subscribe",),
    "unsubscribe": ("unsubscribe",),
    "block": ("put",),
    "replace": ("replace",),
    "reset": ("reset",),
    "resume": ("resume", "start"),
    "suspend": ("suspend", "stop"),
    "move": ("move",),
    "deploy": ("create", "deploy"),
    "issue": ("issue",),
    "request": (
        "request",
        "create",
    ),
    "submit": (
        "submit",
        "create",
        "start",
    ),
    "write": (
        "put",
        "write",
        "create",
    ),
    "apply": (
        "apply",
        "put",
        "update",
        "attach",
    ),
    "register": (
        "register",
        "create",
        "add",
    ),
    "deregister": (
        "deregister",
        "delete",
        "remove",
    ),
    "sign": ("sign",),
    "abort": ("abort",),
    "accept": ("accept",),
    "reject": ("reject",),
    "confirm": ("confirm",),
    "verify": ("verify",),
    "initiate": (
        "initiate",
        "start",
        "create",
    ),
    "promote": ("promote",),
    "merge": ("merge",),
    "test": ("test",),
    "simulate": ("simulate",),
    "initialize": (
        "initialize",
        "create",
    ),
    "activate": (
        "activate",
        "enable",
    ),
    "deactivate": (
        "deactivate",
        "disable",
    ),
    "install": ("create",),
    "provision": (
        "provision",
        "create",
    ),
    "pause": (
        "pause",
        "suspend",
        "stop",
    ),
    "unblock": (
        "delete",
        "put",
    ),
    "lock": (
        "put",
        "lock",
    ),
    "share": (
        "create",
        "put",
        "share",
        "modify",
    ),
    "unshare": (
        "delete",
        "disassociate",
    ),
    "invite": (
        "invite",
        "create",
    ),
    "upgrade": (
        "upgrade",
        "modify",
        "update",
    ),
    "downgrade": (
        "modify",
        "update",
    ),
    "renew": ("renew",),
    "replicate": (
        "create",
        "put",
        "replicate",
    ),
    "respond": ("respond",),
    "acknowledge": (
        "acknowledge",
        "update",
    ),
    "extend": (
        "modify",
        "update",
        "extend",
    ),
    "decrease": (
        "decrease",
        "modify",
        "update",
    ),
    "withdraw": (
        "withdraw",
        "delete",
    ),
    "swap": ("swap",),
    "failover": ("failover",),
    "refresh": (
        "refresh",
        "start",
    ),
}
