"""Which file of a package a handler names, by runtime."""

from __future__ import annotations


def code_file(runtime: str, handler: str) -> str | None:
    """The file in the package that `handler` names, for the runtimes whose rule is known; else None."""
    if runtime.startswith("python"):
        return handler.rpartition(".")[0].replace(".", "/") + ".py"
    if runtime.startswith(("nodejs", "ruby")):
        folder, _, last = handler.rpartition("/")
        ending = ".js" if runtime.startswith("nodejs") else ".rb"
        return "/".join(filter(None, (folder, last.partition(".")[0] + ending)))
    # A runtime of one's own is started as this file, whatever the handler.
    return "bootstrap" if runtime.startswith("provided") else None
