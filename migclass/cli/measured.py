"""Which labelled sentences a command measures on: the options that say so, and the sentences."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from click.core import ParameterSource

from migclass.codebook import DEFAULT, Codebook
from migclass.labels import SPLITS, LabelledSentence, read_labels
from migclass.standoff import ROLES, read_copies, read_standoff, resolve

split_option = click.option("--split", type=click.Choice(SPLITS), help="Measure on this split only. [default: test for the shipped labels, else all]")
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--labels", "source", default=DEFAULT, show_default=True, metavar="default|PATH", help="Label file or folder."),
    split_option,
    click.option("--documents", multiple=True, metavar="DIR|FILE", help="Your copies of real documents: measure on their stand-off labels."),
    click.option("--role", type=click.Choice(ROLES), default="test", show_default=True, help="With --documents, whose labels."),
)
# Options that say what to measure on; each of the others in its line has no meaning beside it.
APART = {"documents": ("source", "split")}
NEEDS = {"role": "documents"}


def label_options(command: Any) -> Any:
    """Add the options --labels, --split, --documents and --role."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def check_together(apart: Mapping[str, Sequence[str]] = APART, needs: Mapping[str, str] = NEEDS) -> None:
    """Refuse options of the command that would be ignored: beside others, or without the one that they need."""
    context = click.get_current_context()
    given = {name for name in context.params if context.get_parameter_source(name) == ParameterSource.COMMANDLINE}
    flags = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    for one, others in apart.items():
        if one in given and (both := sorted(given & set(others))):
            raise click.UsageError(f"{flags[one]} and {flags[both[0]]} do not go together; give one of them")
    for option, needed in needs.items():
        if option in given and needed not in given:
            raise click.UsageError(f"{flags[option]} goes with {flags[needed]} only")


def read_measured(
    book: Codebook, source: str, *, split: str | None = None, documents: Sequence[str] = (), role: str = "test"
) -> tuple[tuple[LabelledSentence, ...], dict[str, Any]]:
    """Return the sentences that the options name, and what a result says of them."""
    if documents:
        found = resolve(read_standoff(book, role=role), read_copies(documents))
        rows, about = found.sentences, {"source": f"stand-off labels, {role}", "coverage": found.coverage}
        click.echo(f"{len(rows)} sentences found, {len(found.missing)} missing: coverage {found.coverage:.1%}", err=True)
    else:
        chosen = split or ("test" if source == DEFAULT else None)
        rows, about = tuple(read_labels(source, codebook=book, split=chosen)), {"source": source, "split": chosen}
    if not rows:
        raise click.ClickException(f"{source}: no sentence to measure on; expected labelled rows" + f" of split {split}" * bool(split))
    return rows, about


def warn_of_learnt(rows: Sequence[LabelledSentence]) -> None:
    """Say on standard error how many sentences may have been learnt from."""
    if learnt := sum(row.split == "train" for row in rows):
        click.echo(f"warning: {learnt} of {len(rows)} sentences are of the split train; a model that has learnt from them looks too good", err=True)
