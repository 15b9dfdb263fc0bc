"""``migclass labels suggest``: which sentences to code next."""

import click

from migclass import suggestions
from migclass.cli.project import model_option, open_tagger
from migclass.codebook import load_codebook
from migclass.files import check_apart, check_free
from migclass.labels import read_labels, write_labels
from migclass.pools import read_pool


@click.command()
@click.argument("pool", nargs=-1, required=True, metavar="POOL...")
@click.option("-n", "count", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="Sentences to choose.")
@click.option("-o", "--output", required=True, metavar="JSONL", help="The label file to write, with nothing judged yet.")
@model_option()
@click.option("--labels", "sources", multiple=True, metavar="default|PATH",
              help="What is labelled already: left out, and codes that are rare in it are looked for. May be repeated.")  # fmt: skip
@click.option("--codebook", metavar="TOML", help="The codes to look for, also such as the model does not know. [default: the model's]")
@click.option("--random", "at_random", type=click.FloatRange(0, 1), default=0.2, show_default=True, metavar="SHARE",
              help="The share that is drawn at random, as a sample of the pool.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help="The same seed draws the same sentences.")
@click.option("--text-column", default="text", show_default=True, metavar="NAME", help="In a table, the column with the text.")
@click.option("--sentences", is_flag=True, help="Each line, or row of a table, is one sentence already.")
@click.option("--encoding", default="utf-8", show_default=True, metavar="NAME", help="Encoding of text files.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def suggest(
    pool: tuple[str, ...],
    count: int,
    output: str,
    model: str | None,
    sources: tuple[str, ...],
    codebook: str | None,
    at_random: float,
    seed: int,
    text_column: str,
    sentences: bool,
    encoding: str,
    force: bool,
) -> None:
    """Choose sentences to code next, and write them as a label file with nothing judged.

    POOL is what `migclass score` reads and writes, or label files, whose labels are not looked at. Taken are sentences that the model is
    unsure of, most of all for codes with few positives in --labels, and unlike each other; and some at random. The field `note`
    says why; the rows that say "drawn at random" are a plain sample of the unlabelled sentences of the pool, and can serve to measure.
    """
    check_apart([*pool, *sources, codebook], output)
    check_free(output, force=force)
    tagger = open_tagger(model)
    book = load_codebook(codebook) if codebook else tagger.model.codebook
    labels = [row for source in sources for row in read_labels(source, codebook=book)]
    found = read_pool(pool, codebook=book, text_column=text_column, sentences=sentences, encoding=encoding)
    chosen = suggestions.suggest(found, tagger, count, labels=labels, codebook=book, at_random=at_random, seed=seed)
    write_labels(output, chosen, force=force)
    random = sum(row.note == suggestions.AT_RANDOM for row in chosen)
    click.echo(f"{output}: {len(chosen)} of {len(found):,} sentences, {random} of them at random", err=True)
