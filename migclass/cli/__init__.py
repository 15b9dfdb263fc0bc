"""The command line: one command a station, loaded when it is called."""

import io
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from migclass.errors import MigclassError

# Command -> its line in the list of commands. The function has the command's name, in the module of that name.
_COMMANDS = {
    "score": "Tag the sentences of documents by frame and pole.",
    "profile": "Say how often tags carry each frame and pole, with intervals.",
    "report": "Write one page on what texts say and how far to trust that.",
    "explain": "Say which words drove the tags of a sentence.",
    "train": "Train a model on labelled sentences.",
    "evaluate": "Measure a model on labelled sentences.",
    "audit": "Check tags by hand: draw sentences, estimate what follows, plan how many.",
    "labels": "Check, count and read labels and the codebook.",
    "models": "List models, compare two, make one the default of a project.",
}


class _Commands(click.Group):
    """Loads a command's module when the command is called, and turns migclass's errors and the system's into one line and exit code 1."""

    def main(self, *args: Any, **settings: Any) -> Any:
        _buffer_output()
        try:
            try:
                return super().main(*args, **settings)
            finally:
                sys.stdout.flush()
        except OSError as error:
            _end_with(error)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        return getattr(import_module(f"migclass.cli.{cmd_name}"), cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MigclassError as error:
            raise click.ClickException(str(error)) from None


def _buffer_output() -> None:
    """Put a buffer before standard output where there is none (PYTHONUNBUFFERED): without it, what a full disk takes half of is lost unseen."""
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        sys.stdout = open(sys.stdout.fileno(), "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors, closefd=False)  # noqa: SIM115


def _end_with(error: OSError) -> NoReturn:
    """End with one line, or with none where who reads the output has enough, as `head` has."""
    if not isinstance(error, BrokenPipeError):
        click.echo(f"Error: {error.filename or 'standard output'}: {error.strerror or error}", err=True)
    # What the buffer still holds would fail again at exit.
    with suppress(io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"migclass {version('migclass')}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Print the version and exit.")
def main() -> None:
    """Tag the sentences of texts on migration by frame and by the standing tensions of the field.

    Data go to standard output, messages to standard error. Exit code 0: done; 1: failed, with one line that says why;
    2: wrong usage. No network is touched.

    No file is replaced without --force. Files are written in a hidden folder beside their place (.migclass-*.tmp) and moved there when
    they are whole; such a folder that stays behind is of a run that was killed, and may be removed.
    """
