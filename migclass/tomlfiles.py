"""TOML files -> dicts, of a size and shape that parsing takes little for."""

import tomllib
from pathlib import Path
from typing import Any

from migclass.decoding import check_size, read_bytes
from migclass.errors import MigclassError
from migclass.limits import MOST_DOTS, MOST_TOML


def read_toml_text(path: Path, *, error: type[MigclassError]) -> str:
    """Return the text of a TOML file, or raise an ``error`` where it can't be read."""
    try:
        return read_bytes(path, error=error, most=MOST_TOML).decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise error(f"{path}: byte {fault.start} is not UTF-8; expected a TOML file in UTF-8") from None


def parse_toml(source: str, where: str, *, error: type[MigclassError]) -> dict[str, Any]:
    """Return what a TOML text says, or raise an ``error``; ``where`` names it in the message."""
    check_size(source.encode("utf-8", "replace"), where, error=error, most=MOST_TOML)
    # A key of n parts takes the parser n * n bytes.
    if any(line.count(".") > MOST_DOTS for line in source.splitlines()):
        raise error(f"{where}: a line has more than {MOST_DOTS} dots; break it into several")
    try:
        return tomllib.loads(source)
    except (ValueError, RecursionError) as fault:
        raise error(f"{where}: not TOML: {fault}") from None
