"""``migclass models``: the group; each of its commands is added here."""

import click

from migclass.cli.models.comparing import compare
from migclass.cli.models.listing import list_models
from migclass.cli.models.promoting import promote


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """List models, compare two, make one the default of a project; without a command, list.

    The default is the model that commands use without --model: that of the project file migclass.toml in this folder or the nearest
    above it, else one that ships. The library never reads this file: migclass.load() is always the one that ships.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_models)


for command in (list_models, compare, promote):
    models.add_command(command)
