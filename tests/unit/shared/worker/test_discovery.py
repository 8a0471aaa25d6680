"""Modules are found by themselves, and one that cannot be imported is not passed over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.worker.discovery import import_all

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A package `found` of these files, which is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(**files: str) -> Path:
        for name, text in {"__init__": "", **files}.items():
            file = tmp_path / "found" / f"{name.replace('__in__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path / "found"

    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] == "found"]:
        del sys.modules[name]


def imported() -> list[str]:
    return [name for name in sys.modules if name.startswith("found.")]


def test_every_module_of_every_folder_is_imported_in_the_order_of_the_names(make: Make) -> None:
    folder = make(z="", a="", m__in____init__="", m__in__deep="")
    import_all("found", [str(folder)])
    assert imported() == ["found.a", "found.m", "found.m.deep", "found.z"]


def test_a_module_that_fails_to_import_fails_the_start(make: Make) -> None:
    folder = make(good="", bad="import no_such_module")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import_all("found", [str(folder)])


def test_a_folder_that_fails_to_import_fails_the_start(make: Make) -> None:
    folder = make(m__in____init__="import no_such_module")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import_all("found", [str(folder)])


def test_a_folder_of_modules_without_an_init_file_is_said_and_not_passed_over(make: Make) -> None:
    folder = make(m__in__hidden="")
    with pytest.raises(ImportError, match=r"m has modules and no __init__\.py"):
        import_all("found", [str(folder)])
