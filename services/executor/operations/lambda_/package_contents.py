"""What is in an uploaded package: what Lambda refuses it for, and what keeps the function from starting.

Limits: "Lambda quotas" in the Lambda developer guide. Lambda runs the code as another user than the one that packed it.
"""

from __future__ import annotations

import io
import zipfile

from services.executor.operations.lambda_.code_files import code_file
from shared.errors import InvalidArguments

MAX_UNPACKED_BYTES = 250 * 1024 * 1024
_UNIX, _ENCRYPTED = 3, 0x1
_OTHERS_READ, _OTHERS_RUN = 0o004, 0o001
_MAX_NAMED = 3


def check_contents(data: bytes, runtime: str, handler: str) -> tuple[str, ...]:
    """What a person should know of the package. Raises InvalidArguments for one that Lambda cannot unpack."""
    entries = _entries(data)
    return tuple(note for note in (_handler_missing(entries, runtime, handler), _unreadable(entries, runtime)) if note)


def _entries(data: bytes) -> list[zipfile.ZipInfo]:
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise InvalidArguments("zip_file_path: the uploaded file is not a zip", code="package_not_a_zip") from None
    files = [one for one in entries if not one.is_dir()]
    if not files:
        raise InvalidArguments("zip_file_path: the uploaded zip holds no file", code="package_not_a_zip")
    if any(one.flag_bits & _ENCRYPTED for one in files):
        raise InvalidArguments(
            "zip_file_path: the uploaded zip is encrypted, which Lambda cannot unpack", code="package_not_a_zip"
        )
    size = sum(one.file_size for one in files)
    if size > MAX_UNPACKED_BYTES:
        raise InvalidArguments(
            f"zip_file_path: the package has {size} bytes when unpacked; Lambda takes at most {MAX_UNPACKED_BYTES}",
            code="package_too_large",
        )
    return entries


def _handler_missing(entries: list[zipfile.ZipInfo], runtime: str, handler: str) -> str | None:
    """A note where the file that the handler names does not seem to be in the package."""
    expected = code_file(runtime, handler)
    if expected is None:
        return None
    names = [one.filename.removeprefix("./") for one in entries]
    stem = expected.rpartition(".")[0] or expected
    # Node also loads .mjs and .cjs; Python also a package of that name, or compiled code.
    if any(name in (stem, expected) or name.startswith((f"{stem}.", f"{stem}/")) for name in names):
        return None
    said = f"The uploaded package has no {expected}, which {_namer(runtime)} names; the function may fail to start."
    deeper = next((name for name in names if name.endswith(f"/{expected}")), None)
    return f"{said} It has {deeper[:200]}: pack the folder's contents, not the folder." if deeper else said


def _namer(runtime: str) -> str:
    return f"the runtime {runtime}" if runtime.startswith("provided") else "the handler"


def _unreadable(entries: list[zipfile.ZipInfo], runtime: str) -> str | None:
    """A note where the files' own permissions keep Lambda from reading (or a bootstrap from running) them."""
    unix = [
        (one.filename, one.external_attr >> 16) for one in entries if one.create_system == _UNIX and not one.is_dir()
    ]
    # Without permissions at all Lambda takes the default.
    closed = [(name, mode) for name, mode in unix if mode & 0o777 and not mode & _OTHERS_READ]
    if closed:
        named = ", ".join(f"{name[:100]} ({mode & 0o777:04o})" for name, mode in closed[:_MAX_NAMED])
        more = f" and {len(closed) - _MAX_NAMED} more" if len(closed) > _MAX_NAMED else ""
        return f"Lambda cannot read {named}{more}: pack files that everyone may read (chmod 644, folders 755)."
    stuck = [mode for name, mode in unix if name == "bootstrap" and mode & 0o777 and not mode & _OTHERS_RUN]
    if runtime.startswith("provided") and stuck:
        return "Lambda cannot run bootstrap: pack it as a file that everyone may run (chmod 755)."
    return None
