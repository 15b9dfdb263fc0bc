"""``migclass labels``: the group; each of its commands is added here."""

import click

from migclass.cli.labels.codebook import codebook
from migclass.cli.labels.coding import agreement, check, resolve, stats
from migclass.cli.labels.errors import errors
from migclass.cli.labels.exchange import export_, import_
from migclass.cli.labels.init import init
from migclass.cli.labels.suggest import suggest


@click.group()
def labels() -> None:
    """Check, count and read labels and the codebook."""


for command in (init, codebook, suggest, export_, import_, check, stats, agreement, errors, resolve):
    labels.add_command(command)
