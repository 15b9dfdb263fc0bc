"""Documents to Parquet on disk, end to end: sentences a second by jobs, peak memory by size, microseconds by stage.

    python benchmarks/streams.py                     # tables of 50 and 300 MB, 1 and 2 jobs
    python benchmarks/streams.py --mb 50 --jobs 1

Documents are made of written sentences drawn by chance, in paragraphs. Times are of a whole process, its start included.
"""

import argparse
import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import migclass
from migclass.documents import extraction
from migclass.engines import score_documents
from migclass.inputs import Inputs
from migclass.labels import read_labels
from migclass.outputs import write_parquet
from migclass.sentences import split_sentences

PARAGRAPHS, SENTENCES = 8, 5


def documents(mb: float) -> Iterator[dict[str, Any]]:
    """Yield rows of a table until it has so many megabytes: number, year and text."""
    pool = [row.text for row in read_labels("default", codebook=migclass.load_codebook(), split="train") if row.source == "written"]
    draw, size, n = random.Random(0), 0, 0
    while size < mb * 1e6:
        text = "\n\n".join(" ".join(draw.choices(pool, k=SENTENCES)) for _ in range(PARAGRAPHS))
        yield {"id": n, "year": 1990 + n % 30, "text": text}
        size, n = size + len(text), n + 1


def write_documents(path: Path, mb: float) -> None:
    """Write a table of documents as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in documents(mb))


def measure(table: Path, jobs: int) -> dict[str, float]:
    """Score a table in a process of its own and return seconds, sentences a second, and the peak memory of one process in MB."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (table, jobs))


def _measure(table: Path, jobs: int) -> dict[str, float]:
    output = table.with_suffix(".parquet")
    began = time.perf_counter()
    command = [sys.executable, "-m", "migclass", "score", str(table), "-o", str(output), "--force", "--jobs", str(jobs)]
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    n = rows(output)
    return {
        "sentences": n,
        "seconds": seconds,
        "sentences/s": n / seconds,
        "CPU seconds": used.ru_utime + used.ru_stime,
        "peak MB": used.ru_maxrss / 1024,
    }


def rows(path: Path) -> int:
    """Return the number of rows of a Parquet file."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def stages(table: Path) -> dict[str, float]:
    """Return the CPU time of each stage in one thread, in microseconds a sentence."""
    tagger = migclass.load()
    inputs = Inputs([str(table)])
    batches = list(inputs.batches())
    scored = list(score_documents(tagger, batches))
    texts = [text for batch in batches for text in batch.table.column("text").to_pylist()]
    work: dict[str, Callable[[], object]] = {
        "look through the table": lambda: Inputs([str(table)]),
        "read": lambda: list(inputs.batches()),
        "split": lambda: [split_sentences(text) for text in texts],
        "hash texts": lambda: [extraction(text) for text in texts],
        "score": lambda: [tagger.score_batch(batch.select(["text"])) for batch in scored],
        "split, hash, score, put columns together": lambda: list(score_documents(tagger, batches)),
        "write Parquet": lambda: write_parquet(scored, io.BytesIO()),
    }
    n = sum(map(len, scored))
    return {name: min(_cpu_seconds(function) for _ in range(3)) / n * 1e6 for name, function in work.items()}


def _cpu_seconds(function: Callable[[], object]) -> float:
    began = time.process_time()
    function()
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, nargs="+", default=[50, 300])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for mb in options.mb:
            write_documents(table := Path(folder) / f"{mb:g}.jsonl", mb)
            for jobs in options.jobs:
                found = ", ".join(f"{value:,.0f} {name}" for name, value in measure(table, jobs).items())
                print(f"{mb:g} MB, {jobs} jobs: {found}", flush=True)
        write_documents(table := Path(folder) / "stages.jsonl", 10)
        for name, microseconds in stages(table).items():
            print(f"{microseconds:6.2f} us a sentence: {name}")


if __name__ == "__main__":
    main()
