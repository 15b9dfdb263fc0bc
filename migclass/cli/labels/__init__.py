"""``migclass labels``: the group; each of its commands is added here."""

import click

from migclass.cli.labels.coding import agreement, check, codebook, resolve, stats
from migclass.cli.labels.errors import errors
from migclass.cli.labels.suggest import suggest


@click.group()
def labels() -> None:
    """Check, count and read labels and the codebook."""


for command in (codebook, check, stats, agreement, resolve, suggest, errors):
    labels.add_command(command)
