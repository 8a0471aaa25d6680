"""`assistant plan …`: one plan. One action a file; `app` has them all."""

from __future__ import annotations

import typer

from cli.commands.plan import approve, cancel, drift, edit, evidence, export, reject, resolve, show, undo, value, watch

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
for module in (show, approve, reject, edit, undo, cancel, watch, resolve, value, export, evidence, drift):
    module.add(app)
