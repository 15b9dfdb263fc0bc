"""The command line: one command a station, loaded when it is called."""

from importlib import import_module
from typing import Any

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
    "models": "List the models that ship.",
}


class _Commands(click.Group):
    """Loads a command's module when the command is called, and turns migclass's errors into one line and exit code 1."""

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
    """
