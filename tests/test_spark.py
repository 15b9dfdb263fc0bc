"""Scoring on a real Spark cluster: a standalone master and two workers on loopback, of which one is killed in the middle of a run."""

import datetime
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from conftest import ROOT

from migclass.cli import main
from migclass.documents import Document
from migclass.engines import COLUMNS, score_documents
from migclass.engines.spark import _pieces, score
from migclass.errors import DocumentError, ModelError
from migclass.inputs import batch_documents
from migclass.tables import BLOCK

pytestmark = pytest.mark.extras

LOOPBACK = "127.0.0.1"
SECONDS = 300  # that anything here may take
PARTS = 40


@pytest.fixture(scope="module")
def environment():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("SPARK_LOCAL_IP", LOOPBACK)
        patch.setenv("SPARK_DAEMON_MEMORY", "200m")
        yield


@pytest.fixture(scope="module")
def cluster(environment, tmp_path_factory):
    """The master's address and the processes of two workers."""
    folder = tmp_path_factory.mktemp("cluster")
    port, page = free_port(), free_port()
    address = f"spark://{LOOPBACK}:{port}"
    with daemon(folder, "master.Master", "--port", port, "--webui-port", page):
        wait(lambda: state(page) is not None, "the master")
        worker = ("worker.Worker", "--webui-port", 0, "--cores", 1, "--memory", "700m", "--work-dir", folder, address)
        with daemon(folder, *worker) as first, daemon(folder, *worker) as second:
            wait(lambda: state(page)["aliveworkers"] == 2, "the workers")
            yield address, (first, second)


@pytest.fixture(scope="module")
def spark(cluster):
    from pyspark.sql import SparkSession

    options = {
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.host": LOOPBACK,
        "spark.driver.memory": "600m",
        "spark.executor.cores": "1",
        "spark.executor.memory": "600m",
        "spark.ui.enabled": "false",
    }
    session = SparkSession.builder.master(cluster[0]).config(map=options).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@contextmanager
def daemon(folder, name, *options):
    """A part of the cluster: in a process group with its children, so that it ends with all of them."""
    import pyspark

    command = [Path(pyspark.__file__).parent / "bin" / "spark-class", f"org.apache.spark.deploy.{name}", "--host", LOOPBACK, *options]
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(SECONDS)


def free_port():
    with socket.socket() as found:
        found.bind((LOOPBACK, 0))
        return found.getsockname()[1]


def state(page):
    """What the master says of its workers; None while it doesn't answer."""
    try:
        with urlopen(f"http://{LOOPBACK}:{page}/json/", timeout=SECONDS) as answer:
            return json.load(answer)
    except OSError:
        return None


def wait(condition, what):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what} took more than {SECONDS} seconds"
        time.sleep(0.02)


def migclass(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def in_order(rows):
    return sorted(rows, key=lambda row: (row["document"], row["index"]))


def locally(tagger, documents, **options):
    batches = (replace(batch, rows=True) for batch in batch_documents(documents))
    return in_order(row for batch in score_documents(tagger, batches, **options) for row in batch.to_pylist())


def progress(spark):
    """How many tasks are done and how many there are, of the stage that runs."""
    tracker = spark.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    return max(((stage.numCompletedTasks, stage.numTasks) for stage in stages if stage), default=(0, 0))


def executors(spark):
    return spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1  # the driver is counted


def test_a_frame_is_scored_as_on_this_machine(spark, tagger, model_folder):
    columns = {
        "id": ["a", "b", "c", "d"],
        "text": ["The border is closed. Wages rose.", None, "", "Nobody knew."],
        "day": [datetime.date(1999, 1, day) for day in (1, 2, 3, 4)],
        "Year": pa.array([1999, None, 2001, 2002], pa.int16()),
        "tags": [["x"], [], None, ["y", "z"]],
    }
    df = spark.createDataFrame(pa.table(columns))
    found = score(df, document_column="id", model=model_folder)
    assert found.columns == [*COLUMNS, "day", "Year", "tags"]
    assert [found.schema[name].dataType for name in ("day", "Year", "tags")] == [df.schema[name].dataType for name in ("day", "Year", "tags")]
    rows = in_order(row.asDict(recursive=True) for row in found.collect())
    expected = locally(tagger, [Document("a", columns["text"][0]), Document("d", "Nobody knew.")])
    assert [{name: row[name] for name in COLUMNS} for row in rows] == expected
    assert [(row["day"].day, row["Year"], row["tags"]) for row in rows] == [(1, 1999, ["x"]), (1, 1999, ["x"]), (4, 2002, ["y", "z"])]


def test_a_large_batch_is_scored_in_pieces():
    batch = pa.RecordBatch.from_pydict({"text": ["x" * 2**12] * 2**10})
    pieces = list(_pieces(batch))
    assert pa.Table.from_batches(pieces).equals(pa.Table.from_batches([batch]))
    assert max(len(piece) for piece in pieces) * 2**12 <= BLOCK
    assert list(_pieces(batch.slice(0, 0))) == []


def test_rows_that_are_sentences_and_have_no_name(spark, tagger, model_folder):
    df = spark.createDataFrame(pa.table({"body": ["One. Still one.", "Two."]})).coalesce(1)
    rows = [row.asDict(recursive=True) for row in score(df, text_column="body", sentences=True, model=model_folder).collect()]
    documents = [Document(f"part-00000#{n}", text) for n, text in ((1, "One. Still one."), (2, "Two."))]
    assert rows == locally(tagger, documents, sentences=True)


def test_the_model_travels_once_and_is_loaded_once_a_process(spark, model_folder):
    df = spark.range(30).selectExpr("'The border is closed.' AS text").repartition(10)
    for _ in range(2):
        assert score(df, model=model_folder).count() == 30

    def loads(batches):
        from migclass.engines.spark import _tagger

        info = _tagger.cache_info()
        yield pa.RecordBatch.from_pydict({"process": [os.getpid()], "loads": [info.misses], "uses": [info.hits + info.misses]})

    found = {row.process: row for row in df.mapInArrow(loads, "process long, loads long, uses long").collect()}
    assert {row.loads for row in found.values()} <= {0, 1}
    assert max(row.uses for row in found.values()) > 1
    assert len([path for path in spark.sparkContext.listArchives if path.endswith(".zip")]) == 1


def test_frames_that_cannot_be_scored(spark, model_folder):
    df = spark.createDataFrame(pa.table({"text": ["x"], "n": [1], "Frames": ["mine"]}))
    with pytest.raises(DocumentError, match=r"no column 'body' \(columns: text, n, Frames\)"):
        score(df, text_column="body")
    with pytest.raises(DocumentError, match="column 'n' holds bigint, expected text"):
        score(df, text_column="n")
    with pytest.raises(DocumentError, match="has a column 'frames', which tags use"):
        score(df)
    with pytest.raises(ModelError, match="magic: no such model"):
        score(df.drop("Frames"), model="magic")


def test_a_worker_is_killed_and_nothing_is_lost(spark, cluster, tagger, model_folder, rows, tmp_path):
    texts = [" ".join(row.text for row in rows[i : i + 5]) for i in range(0, len(rows), 5)]
    documents = [Document(f"{i:05d}", texts[i % len(texts)], columns={"year": 1990 + i % 7}) for i in range(PARTS * 150)]
    frame = {"id": [d.name for d in documents], "text": [d.text for d in documents], "year": [d.columns["year"] for d in documents]}
    df = spark.createDataFrame(pa.table(frame)).repartition(PARTS)
    wait(lambda: executors(spark) == 2, "the executors")
    tagged = score(df, document_column="id", model=model_folder)
    run = Thread(target=lambda: tagged.write.parquet(str(tmp_path / "tags")))
    run.start()
    wait(lambda: progress(spark)[1] == PARTS and progress(spark)[0] >= 4, "the first tasks")
    kill(cluster[1][0])
    done, of = progress(spark)
    assert 4 <= done < of, "the run was over before the worker was killed"
    run.join(SECONDS)
    assert executors(spark) == 1
    assert (tmp_path / "tags" / "_SUCCESS").exists()
    assert in_order(pq.read_table(tmp_path / "tags").to_pylist()) == locally(tagger, documents)


def test_the_command_gives_what_it_gives_here(environment, tmp_path, model_folder, monkeypatch):
    """In a process of its own, with Spark on one core of this machine."""
    folder = tmp_path / "in + out 50%"
    folder.mkdir()
    pq.write_table(pa.table({"body": ["Café closed. Wages rose.", "Two."], "year": [1999, 2000]}), folder / "a é.parquet")
    pq.write_table(pa.table({"body": ["Nobody knew."], "year": [2001]}), folder / "b.parquet")
    options = ["--text-column", "body", "--model", model_folder]
    monkeypatch.setenv("MASTER", "local[1]")
    command = [sys.executable, "-m", "migclass", "score", folder, "--engine", "spark", *options, "-o", tmp_path / "there"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    migclass("score", *sorted(folder.iterdir()), *options, "-o", tmp_path / "here.parquet")
    expected = in_order(pq.read_table(tmp_path / "here.parquet").to_pylist())
    assert len(expected) == 4
    assert in_order(pq.read_table(tmp_path / "there").to_pylist()) == expected


def test_a_folder_that_spark_wrote_is_replaced(spark, tmp_path, model_folder):
    for text in ("Old.", "New."):
        pq.write_table(pa.table({"text": [text]}), tmp_path / "a.parquet")
        result = migclass("score", tmp_path / "a.parquet", "--engine", "spark", "--model", model_folder, "--force", "-o", tmp_path / "tags")
        assert (result.exit_code, result.output) == (0, "")
    assert pq.read_table(tmp_path / "tags")["text"].to_pylist() == ["New."]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none.parquet", "Path does not exist"), ("broken.parquet", "is not a Parquet file"), ("other.parquet", "has no column 'text' (columns: body)")],
)
def test_what_cannot_be_read_is_one_line(spark, tmp_path, monkeypatch, name, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.parquet").write_bytes(b"no parquet at all")
    pq.write_table(pa.table({"body": ["x"]}), tmp_path / "other.parquet")
    result = migclass("score", tmp_path / name, "--engine", "spark", "-o", "tags")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert reason in result.stderr
    assert not (tmp_path / "tags").exists()
