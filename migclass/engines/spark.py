"""The same scoring on a Spark cluster: a row in is a document, the rows out are its tagged sentences.

PySpark comes with the extra ``spark``. Where the workers run, migclass must be installed too; the model need not be.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from migclass.arrow import strings
from migclass.documents import STDIN, Document
from migclass.engines import check_columns, score_batch, score_documents
from migclass.errors import DocumentError, MigclassError, OutputError
from migclass.inputs import DOCUMENT_COLUMNS, DocumentBatch, batch_documents
from migclass.model import find_model
from migclass.tables import BLOCK
from migclass.tagging import Tagger, load

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import StructField

# Holds the names of documents that come from files.
_NAME = "_migclass_document"
# How the files in a folder begin that Spark wrote.
_WRITTEN = ("part-", ".part-", "_SUCCESS", "._SUCCESS", "_temporary")


def score(
    df: "DataFrame",
    *,
    text_column: str = "text",
    document_column: str | None = None,
    sentences: bool = False,
    model: str | Path | None = None,
) -> "DataFrame":
    """Split the texts of a data frame into sentences and tag them, where its partitions are.

    The model travels to each executor once and is loaded once by each of its Python processes.

    Args:
        df: a row a document.
        text_column: the column with the text; null is a text without sentences.
        document_column: the column that names the documents. Without it they are named by the partition and their
            place in it (``part-00003#17``), which is another one when the frame is partitioned in another way.
        sentences: each row is one sentence already.
        model: a shipped model's name or a model folder, as for ``migclass.load``.

    Returns:
        A data frame with the columns of ``score_documents``, and then those of ``df`` other than the two named
        above, with their own types; a row a sentence. The values are those that ``score_documents`` gives.

    Raises:
        DocumentError: a column is missing, is no text, or has the name of one that tags use.
        ModelError: there is no such model, or the folder is damaged.
    """
    from pyspark.sql.types import StructType

    named = [text_column] if document_column is None else [text_column, document_column]
    carried = _carried(df, named)
    tagger = load(model)
    archive = _send(df.sparkSession.sparkContext, find_model(model), tagger.model.hash)
    run = partial(_score_partition, archive=archive, text_column=text_column, document_column=document_column, sentences=sentences)
    return df.mapInArrow(run, StructType([*_tag_fields(df.sparkSession, tagger), *carried]))


def _carried(df: "DataFrame", named: list[str]) -> "list[StructField]":
    """Return the fields that are carried along, after a look at all of them."""
    from pyspark.sql.types import StringType

    if missing := [name for name in named if name not in df.columns]:
        found = ", ".join(name for name in df.columns if name not in named) or "none"
        raise DocumentError(f"the data frame has no column '{missing[0]}' (columns: {found}); name the one that is meant")
    if not isinstance(df.schema[named[0]].dataType, StringType):
        raise DocumentError(f"column '{named[0]}' holds {df.schema[named[0]].dataType.simpleString()}, expected text (string)")
    carried = [field for field in df.schema.fields if field.name not in named]
    # To Spark, names that differ in case only are the same.
    check_columns([field.name.lower() for field in carried], "the data frame")
    return carried


def _tag_fields(spark: "SparkSession", tagger: Tagger) -> "list[StructField]":
    """Return the fields that scoring gives, as Spark sees the columns that come out on this machine."""
    batch = next(score_documents(tagger, batch_documents([Document("", "A sentence.")])))
    return list(spark.createDataFrame(pa.Table.from_batches([batch])).schema.fields)


def _send(context: "SparkContext", folder: Path, name: str) -> str:
    """Give a folder to the executors, which fetch and unpack it once each, and return its name there."""
    from pyspark import SparkFiles

    archive = f"{name}.zip"
    if not any(path.endswith(archive) for path in context.listArchives):
        # An executor that starts late asks for it again, so it is kept as long as the context is.
        place = tempfile.mkdtemp(dir=SparkFiles.getRootDirectory())
        context.addArchive(shutil.make_archive(str(Path(place) / name), "zip", folder))
    return archive


@cache
def _tagger(archive: str) -> Tagger:
    """Load the model that was sent; a Python process on an executor lives through many tasks."""
    from pyspark import SparkFiles

    return load(SparkFiles.get(archive))


def _score_partition(
    batches: Iterable[pa.RecordBatch], *, archive: str, text_column: str, document_column: str | None, sentences: bool
) -> Iterator[pa.RecordBatch]:
    tagger, done = _tagger(archive), 0
    for batch in chain.from_iterable(map(_pieces, batches)):
        names = batch.column(document_column) if document_column else _places(done, len(batch))
        carried = batch.select([name for name in batch.schema.names if name not in (text_column, document_column)])
        yield score_batch(tagger, _documents(names, batch.column(text_column), carried), sentences=sentences)
        done += len(batch)


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch, which may hold thousands of long documents, so that about a block is scored at once."""
    rows = max(1, BLOCK * len(batch) // max(1, batch.nbytes))
    return (batch.slice(first, rows) for first in range(0, len(batch), rows))


def _places(done: int, rows: int) -> pa.Array:
    from pyspark import TaskContext

    part = TaskContext.get().partitionId()
    return strings([f"part-{part:05d}#{n}" for n in range(done + 1, done + rows + 1)])


def _documents(names: pa.Array, texts: pa.Array, carried: pa.RecordBatch) -> DocumentBatch:
    columns = [pc.fill_null(names.cast(pa.string()), ""), pc.fill_null(texts, ""), strings(["text"] * len(texts)), *carried.columns]
    return DocumentBatch(pa.RecordBatch.from_arrays(columns, names=[*DOCUMENT_COLUMNS, *carried.schema.names]), rows=True)


def score_parquet(
    paths: Sequence[str],
    output: str,
    *,
    text_column: str = "text",
    sentences: bool = False,
    model: str | Path | None = None,
    force: bool = False,
) -> None:
    """Tag the documents in Parquet files, a row each, and write the tagged sentences as a folder of Parquet files.

    Which cluster does it, Spark's own settings say: ``spark.master`` in spark-defaults.conf, or the environment
    variable MASTER; without them it is this machine. Documents are named by their file and row: ``/data/a.parquet#17``.

    Args:
        paths: files, or folders of them, that every worker can read.
        output: the folder, which every worker can write to.
        text_column: the column with the text; the others are carried along.
        sentences: each row is one sentence already.
        model: a shipped model's name or a model folder.
        force: replace a folder that Spark wrote before.

    Raises:
        DocumentError: what is read is no Parquet, or its columns are not as ``score`` expects them.
        ModelError: there is no such model, or the folder is damaged.
        OutputError: the folder is there already, PySpark or Java is missing, or Spark gave up.
    """
    _check_inputs(paths)
    _check_folder(output, force=force)
    spark = _session()
    with _one_line(", ".join(paths), DocumentError):
        df = spark.read.option("mergeSchema", True).parquet(*paths)
        df = df.withColumn(_NAME, _document_name())
        tagged = score(df, text_column=text_column, document_column=_NAME, sentences=sentences, model=model)
    with _one_line(output, OutputError):
        tagged.write.mode("overwrite" if force else "errorifexists").parquet(output)


def _check_inputs(paths: Iterable[str]) -> None:
    for path in paths:
        if path == STDIN or (Path(path).is_file() and Path(path).suffix.lower() != ".parquet"):
            raise DocumentError(f"{path}: is no Parquet, which is all that Spark reads here; score it without --engine spark")


def _check_folder(output: str, *, force: bool) -> None:
    folder = Path(output)
    if folder.exists() and not force:
        raise OutputError(f"{output}: exists already; name another folder or replace it with --force")
    if folder.is_file() or (folder.is_dir() and not all(path.name.startswith(_WRITTEN) for path in folder.iterdir())):
        raise OutputError(f"{output}: is no folder that Spark wrote; name another folder")


def _session() -> "SparkSession":
    if find_spec("pyspark") is None:
        raise OutputError("this engine needs pyspark, which is not installed; get it with pip install 'migclass[spark]'")
    from pyspark.sql import SparkSession

    # The workers' Python is this one unless they are told another.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with _one_line("Spark can't be started; it needs Java 17 and a master that answers", OutputError):
        spark = SparkSession.builder.appName("migclass").getOrCreate()
        # Its warnings are long, and what matters of them comes as an error.
        spark.sparkContext.setLogLevel("ERROR")
    return spark


def _document_name() -> "Column":
    """Return where a row of a Parquet file lies, ``path#n`` with n from 1, as read_documents names it."""
    from pyspark.sql.functions import col, concat, lit, regexp_replace, replace, url_decode

    # The path is a URI: decoded it is the name of the file, and a plus sign stands for itself.
    path = url_decode(replace(col("_metadata.file_path"), lit("+"), lit("%2B")))
    return concat(regexp_replace(path, "^file:(//)?(?=/)", ""), lit("#"), (col("_metadata.row_index") + 1).cast("string"))


@contextmanager
def _one_line(where: str, error: type[MigclassError]) -> Iterator[None]:
    """Turn Spark's errors, with the stacks of two languages in them, into one line."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as fault:
        raise error(f"{where}: {_reason(str(fault))}") from None


def _reason(text: str) -> str:
    r"""Return the innermost error that a message of Spark names, or all of it if it names none.

    >>> _reason("SparkException: Job aborted.\n\tat org.apache.spark.Task.run\nCaused by: java.io.IOException: disk full\n\t... 9 more")
    'IOException: disk full'
    """
    told = "\n".join(line for line in text.splitlines() if not line.startswith("\t"))
    named = re.search(r".*\b(\w+(?:Error|Exception): .*)", told, flags=re.S)
    return " ".join((named[1] if named else told).split())
