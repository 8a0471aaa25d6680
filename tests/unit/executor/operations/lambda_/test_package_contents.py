"""What Lambda refuses a package for, and what keeps its function from starting."""

from __future__ import annotations

import io
import zipfile

import pytest

from services.executor.operations.lambda_ import package_contents
from services.executor.operations.lambda_.package_contents import check_contents
from shared.errors import InvalidArguments


def packed(modes: dict[str, int], system: int = 3) -> bytes:
    """A zip with these files, each with its permissions."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, mode in modes.items():
            entry = zipfile.ZipInfo(name)
            # The bit of an archive, without which zipfile makes 0600 of 0.
            entry.external_attr, entry.create_system = mode << 16 | 0x20, system
            archive.writestr(entry, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("runtime", "handler", "files"),
    [
        ("python3.13", "app.main", ["app.py"]),
        ("python3.13", "app.main", ["./app.py"]),
        ("python3.13", "app.main", ["app/__init__.py"]),
        ("nodejs22.x", "src/index.handler", ["src/index.mjs"]),
        ("ruby3.4", "app.main", ["app.rb"]),
        ("java21", "a.B::c", ["a/B.class"]),
    ],
)
def test_a_package_with_its_handler_needs_no_word(runtime: str, handler: str, files: list[str]) -> None:
    assert check_contents(packed(dict.fromkeys(files, 0o100644)), runtime, handler) == ()


@pytest.mark.parametrize(
    ("runtime", "handler", "file", "said"),
    [
        ("python3.13", "app.main", "other.py", "no app.py"),
        ("python3.13", "app.main", "project/app.py", "It has project/app.py: pack the folder's contents"),
        ("nodejs22.x", "index.handler", "main.js", "no index.js"),
        ("ruby3.4", "app.main", "main.rb", "no app.rb"),
        ("provided.al2023", "anything", "main", "no bootstrap"),
    ],
)
def test_a_handler_that_is_not_in_the_package_is_said(runtime: str, handler: str, file: str, said: str) -> None:
    (note,) = check_contents(packed({file: 0o100755}), runtime, handler)
    assert said in note


def test_files_that_lambda_cannot_read_are_named_with_their_mode() -> None:
    (note,) = check_contents(packed({"app.py": 0o100600, "lib/a.py": 0o100640}), "python3.13", "app.main")
    assert "app.py (0600), lib/a.py (0640)" in note
    assert "chmod 644" in note


def test_what_python_packs_by_itself_is_among_them() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("app.py", "def main(event, context): ...")
    (note,) = check_contents(made.getvalue(), "python3.13", "app.main")
    assert "app.py (0600)" in note


def test_permissions_of_other_systems_and_none_at_all_are_fine() -> None:
    assert check_contents(packed({"app.py": 0o100600}, system=0), "python3.13", "app.main") == ()
    assert check_contents(packed({"app.py": 0}), "python3.13", "app.main") == ()


def test_a_bootstrap_that_cannot_be_run_is_said() -> None:
    (note,) = check_contents(packed({"bootstrap": 0o100644}), "provided.al2023", "x")
    assert "cannot run bootstrap" in note
    assert check_contents(packed({"bootstrap": 0o100755}), "provided.al2023", "x") == ()


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", packed({}), packed({"folder/": 0o755})])
def test_what_is_no_zip_or_holds_no_file_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidArguments) as caught:
        check_contents(data, "python3.13", "app.main")
    assert caught.value.code == "package_not_a_zip"


def test_a_package_that_is_too_large_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_contents, "MAX_UNPACKED_BYTES", 1)
    with pytest.raises(InvalidArguments) as caught:
        check_contents(packed({"app.py": 0o644, "b.py": 0o644}), "python3.13", "app.main")
    assert caught.value.code == "package_too_large"
