"""Writes `shared/broker/library.lua`, the library of Redis functions, from every package's `lua/*.lua`.

python -m scripts.redis_functions            write it
python -m scripts.redis_functions --check    exit 1 where it is not fresh

A script begins with a line of its own, `#!lua keys=task:,open: flags=allow-oom`: what each of its KEYS must begin with,
and Redis's flags, where it has any. Its function is called PACKAGE_SCRIPT_VERSION; the version is the hash of the
library's text, so that the functions of two releases can be loaded side by side.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

from scripts.generated import write_or_check

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "shared/broker/library.lua"
VERSION_CHARS = 12
_HEADER = re.compile(r"#!lua keys=([a-z:,-]*)(?: flags=([a-z,-]+))?\n")
_REGISTER = """\
-- Nobody may have a function work on keys it is not made for, or for long: its caller may be hostile. What it may do to
-- the keys is decided by the caller's own rights, which Redis checks for every command of a function as well.
local MOST_ARGUMENTS = 2000
local function register(name, flags, prefixes, body)
  local function checked(KEYS, ARGV)
    local right = #KEYS == #prefixes and #ARGV <= MOST_ARGUMENTS
    for i, prefix in ipairs(prefixes) do
      right = right and string.sub(KEYS[i], 1, #prefix) == prefix
    end
    if not right then return redis.error_reply('ERR wrong keys, or too many arguments, for ' .. name) end
    return body(KEYS, ARGV)
  end
  redis.register_function{function_name = name .. VERSION, callback = checked, flags = flags}
end
"""


def scripts() -> list[Path]:
    """Every script of the product, sorted by its path."""
    return sorted(path for folder in ("shared", "services") for path in (ROOT / folder).glob("**/lua/*.lua"))


def name_of(script: Path) -> str:
    """The name of a script's function without its version: `shared/tasks/lua/claim.lua` is `tasks_claim`."""
    return f"{script.parent.parent.name}_{script.stem}"


def library() -> str:
    """The whole library. Raises ValueError for a script without its first line, or a second one of its name."""
    paths = scripts()
    if len({name_of(path) for path in paths}) < len(paths):
        raise ValueError("two scripts have the same package and name")
    body = _REGISTER + "".join(_registration(path) for path in paths)
    version = hashlib.sha256(body.encode()).hexdigest()[:VERSION_CHARS]
    head = f"#!lua name=assistant_{version}\n-- Generated from lua/*.lua by `make functions`; do not edit.\n"
    return f"{head}local VERSION = '_{version}'\n{body}"


def _registration(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    header = _HEADER.match(text)
    if not header:
        raise ValueError(f"{path.relative_to(ROOT)} does not begin with its keys")
    keys, flags = (_lua_list(part) for part in header.groups(default=""))
    lines = (f"  {line}" if line else "" for line in text[header.end() :].rstrip().splitlines())
    inner = "\n".join(lines)
    head = f"-- {path.relative_to(ROOT)}\nregister('{name_of(path)}', {flags}, {keys}, function(KEYS, ARGV)"
    return f"\n{head}\n{inner}\nend)\n"


def _lua_list(part: str) -> str:
    return "{" + ", ".join(f"'{item}'" for item in part.split(",") if item) + "}"


def main(check: bool) -> int:
    return write_or_check({LIBRARY: library()}, "make functions", check=check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
