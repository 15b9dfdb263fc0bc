"""``migclass labels init``: a folder to begin with."""

import click

from migclass.projects import CODEBOOK, README, start_project


@click.command()
@click.argument("folder", metavar="DIR")
def init(folder: str) -> None:
    """Make a project folder: a codebook that extends the shipped one, an empty label file, a README with the steps."""
    made = start_project(folder)
    click.echo(f"{made}: made; write your frame or tension into {made / CODEBOOK}, and read {made / README} for the next steps", err=True)
