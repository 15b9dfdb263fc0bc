"""One way to print a table of figures: plain columns, the same on a terminal and in a file."""

import sys
from collections.abc import Sequence
from typing import TextIO


def plain(text: str) -> str:
    r"""Return text with spaces for what is not to be seen: a document's or a table's is never read as terminal control.

    >>> plain("red: \x1b[31m")
    'red:  [31m'
    """
    return "".join(c if c.isprintable() else " " for c in text)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, file: TextIO | None = None) -> None:
    """Print rows under a head, on standard output if no file is given; the first ``left`` columns are set left, the others right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, name in enumerate(head):
        # Where the terminal is narrow, names are wrapped and figures never.
        table.add_column(name, justify="left" if i < left else "right", no_wrap=i >= left, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(file=file or sys.stdout, highlight=False, markup=False)
    console.print(table)
