"""Finds modules by themselves: a tool or an operation is known because its file is there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path


def import_all(package: str, folders: Iterable[str]) -> None:
    """Import every module below a package, in the order of their names.

    `folders` is the package's `__path__`. Raises whatever a module raises on import, and ImportError for a folder
    that holds modules and no `__init__.py`: Python would pass over it without a word.
    """
    for folder in sorted(folders):
        _import_below(package, Path(folder))


def _import_below(package: str, folder: Path) -> None:
    for found in sorted(pkgutil.iter_modules([str(folder)]), key=lambda module: module.name):
        name = f"{package}.{found.name}"
        importlib.import_module(name)
        if found.ispkg:
            _import_below(name, folder / found.name)
    for below in folder.iterdir():
        if below.is_dir() and any(below.glob("*.py")) and not (below / "__init__.py").exists():
            raise ImportError(f"{below} has modules and no __init__.py, so they would not be found; add one")
