"""How fast scoring is, beside other ways to do the same work, in one run on one machine.

    python benchmarks/speed.py [--peers] [--small] [--many] [--output FILE]

Sentences a second on one thread; raw documents to Parquet on disk, with one process and with all cores; where the default model
spends its time; growth from a thousand sentences to a million; memory; cold start. --peers adds those that are installed of
fastText, model2vec and a frozen MiniLM (extra `peers`). Writes results/speed.json, of which `python docs/generate.py` makes the
tables and the picture. --small measures on little, to see that it runs; --many measures only documents to Parquet, on fifteen
million sentences, 2 GB, and writes results/speed-many.json.
"""

import io
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, wraps
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import click
import peers
import pyarrow as pa
import texts
from threadpoolctl import threadpool_limits

from migclass import features, linear
from migclass.codebook import load_codebook
from migclass.decisions import Decision
from migclass.documents import extraction
from migclass.engines import score_documents
from migclass.indexes import TextIndex
from migclass.inputs import Inputs
from migclass.labels import read_labels, targets
from migclass.model import load_model
from migclass.outputs import write_parquet
from migclass.sentences import split_sentences
from migclass.tagging import Tagger, load

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parent.parent / "examples" / "speech.txt"
OURS, ENCODER, TFIDF, FASTTEXT = "migclass, base", "migclass, encoder", "scikit-learn, TF-IDF", "fastText 0.9.3"
ALL_CORES = "all cores, beside one, start-up apart"
# What a figure should reach, beside another one of the same run.
TARGETS = {f"sentences a second, beside {TFIDF}": 5.0, f"sentences a second, beside {FASTTEXT}": 1.3}
TARGETS |= {f"documents to Parquet, beside {TFIDF} on sentences": 1.5, ALL_CORES: 1.7}
LIMITS = {"score a page, beside importing numpy, pyarrow and click": 2.5, "migclass --help, beside importing click": 2.0}
# Where the time of the default model goes: stage -> the function that it is.
STAGES: dict[str, tuple[Any, str]] = {
    "cut at blanks, find distinct pieces": (linear, "cut"),
    "look up distinct pieces and words": (TextIndex, "find"),
    "clean new pieces": (linear, "clean"),
    "parts and cues of new words": (linear, "part_weights"),
    "remember them": (linear._Memory, "with_more"),
    "words of sentences": (linear, "spell_out"),
    "find pairs": (features.Vocabulary, "find_pairs"),
    "add up": (linear, "sum_rows"),
    "probabilities": (Decision, "probabilities"),
    "tag columns": (Tagger, "columns"),
}


@dataclass(frozen=True)
class Size:
    """How much is measured: runs, seconds a run, sentences at most, in documents, and to learn from."""

    runs: int
    seconds: float
    sentences: int
    documents: int
    learnt: int | None


WHOLE, SMALL, MANY = Size(5, 2.0, 1_000_000, 200_000, None), Size(2, 0.05, 2000, 500, 300), Size(1, 2.0, 0, 15_000_000, None)
# Sentences that are made at once.
_BLOCK = 1_000_000
# A word that ended a sentence where it was written: inside of another one it has no stop.
_INNER_STOP = re.compile(r"([a-z]{2})[.!?]+(?= )")


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Return the median of several runs, the lowest and the highest, to so many significant digits."""
    return {name: float(f"{value:.{digits}g}") for name, value in (("median", median(values)), ("low", min(values)), ("high", max(values)))}


def ratios(above: Sequence[float], below: Sequence[float]) -> dict[str, float]:
    """Return the spread of the ratios of runs that were made one after the other."""
    return spread([a / b for a, b in zip(above, below, strict=True)])


# Sentences


def systems(size: Size, with_peers: bool) -> dict[str, Callable[[list[str]], Any]]:
    """Return what scores a list of sentences, by name: our models, TF-IDF, and the peers that are installed."""
    found: dict[str, Callable[[list[str]], Any]] = {OURS: load().predict_proba}
    if find_spec("onnxruntime"):
        found[ENCODER] = load("encoder").predict_proba
    book = load_codebook()
    rows = read_labels(codebook=book, split="train")[: size.learnt]
    learnt, Y = [row.text for row in rows], targets(rows, book)
    found[TFIDF] = peers.tfidf(learnt, Y)[0]
    if with_peers and find_spec("fasttext"):
        # Its own call as it is, with lines made ready beforehand and the best label only: what it is quickest at.
        found[FASTTEXT] = peers.fasttext_model(learnt, Y)[0].predict
    if with_peers and find_spec("model2vec"):
        found["model2vec"] = peers.embedded(peers.model2vec(), 0)(learnt, Y)[0]
    if with_peers and find_spec("sentence_transformers"):
        found["MiniLM, frozen"] = peers.embedded(peers.minilm(), 0)(learnt[:500], Y[:500])[0]
    return found


def sentence_rates(size: Size, with_peers: bool) -> dict[str, list[float]]:
    """Return the sentences a second of each system on one thread, a figure a run; each run has text of its own."""
    scorers = systems(size, with_peers)
    batches = {name: _batch(predict, size) for name, predict in scorers.items()}
    rates: dict[str, list[float]] = {name: [] for name in scorers}
    for run in range(size.runs):
        text = texts.growing(max(batches.values()), seed=run + 1).to_pylist()
        for name, predict in scorers.items():
            click.echo(f"run {run + 1} of {size.runs}: {name}, {batches[name]} sentences", err=True)
            rates[name].append(batches[name] / seconds(partial(predict, text[: batches[name]])))
    return rates


def _batch(predict: Callable[[list[str]], Any], size: Size) -> int:
    """Return how many sentences take about as long as a run should."""
    few = texts.growing(200).to_pylist()
    predict(few)
    return int(min(max(200 * size.seconds / seconds(partial(predict, few)), 100), size.sentences / 5))


def seconds(work: Callable[[], Any]) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def growth(size: Size) -> list[dict[str, Any]]:
    """Return how long the default model takes for a thousand sentences and for tenfold each time, from Arrow to tags."""
    points = []
    for n in [10**power for power in range(3, 7) if 10**power <= size.sentences]:
        text = texts.growing(n)
        rates = [n / seconds(partial(_tag, _fresh(), text)) for _ in range(min(size.runs, 3))]
        points.append({"sentences": n, "distinct_words": texts.distinct_words(text), "per_second": spread(rates)})
    return points


def _fresh() -> Tagger:
    """Return a tagger that has its tables and has read next to nothing."""
    tagger = load()
    tagger.predict_proba(["A border."])
    return tagger


def _tag(tagger: Tagger, text: pa.Array, rows: int = 2**15) -> None:
    for start in range(0, len(text), rows):
        tagger.score_batch(pa.RecordBatch.from_arrays([text[start : start + rows]], names=["text"]))


def stages(size: Size) -> dict[str, float]:
    """Return the microseconds a sentence that each stage of the default model takes, on ten times less than the most sentences."""
    n = size.sentences // 10
    tagger, text, spent = _fresh(), texts.growing(n), dict.fromkeys(STAGES, 0.0)
    with _timed(spent):
        whole = seconds(partial(_tag, tagger, text))
    spent["the rest"] = whole - sum(spent.values())
    return {stage: round(time_ / n * 1e6, 3) for stage, time_ in spent.items()} | {"all": round(whole / n * 1e6, 3)}


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    """Time the functions of STAGES; what one of them takes inside another counts for the inner one only."""
    inner = [0.0]

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*args: Any, **options: Any) -> Any:
            inner.append(0.0)
            start = time.perf_counter()
            result = function(*args, **options)
            took = time.perf_counter() - start
            spent[stage] += took - inner.pop()
            inner[-1] += took
            return result

        return run

    kept = {stage: getattr(*place) for stage, place in STAGES.items()}
    for stage, (owner, name) in STAGES.items():
        setattr(owner, name, timed(stage, kept[stage]))
    try:
        yield
    finally:
        for stage, (owner, name) in STAGES.items():
            setattr(owner, name, kept[stage])


# Documents and commands, each in a process of its own


# Started from here directly, a child would count this process's memory as its own.
_LAUNCH = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def child(*command: str) -> tuple[float, float]:
    """Run a command and return its seconds and the most memory that it held, in megabytes."""
    done = subprocess.run((sys.executable, "-c", _LAUNCH, *command), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: failed; the line above says why")
    took, most = map(float, done.stdout.split())
    return took, most / (1e6 if sys.platform == "darwin" else 1e3)


def documents(size: Size, folder: Path) -> list[dict[str, Any]]:
    """Return what raw documents to Parquet on disk takes, by number of sentences and of processes: characters a second, and memory."""
    found = []
    for n in (size.documents // 10, size.documents):
        path = folder / f"{n}.jsonl"
        characters = _write_documents(path, n)
        for jobs in _jobs():
            command = (sys.executable, "-m", "migclass", "score", str(path), "--force", "-o", str(path.with_suffix(".parquet")), *jobs)
            click.echo(f"{n} sentences in documents {' '.join(jobs)}", err=True)
            runs = [child(*command) for _ in range(min(size.runs, 3))]
            took, megabytes = [seconds for seconds, _ in runs], round(max(m for _, m in runs))
            found.append({"sentences": n, "characters": characters, "jobs": int(jobs[-1]), "runs": took, "megabytes": megabytes})
    return found


def _jobs() -> list[tuple[str, str]]:
    """Return the options for one process and for all cores."""
    return [("--jobs", "1"), ("--jobs", str(os.cpu_count()))] if (os.cpu_count() or 1) > 1 else [("--jobs", "1")]


def _write_documents(path: Path, n: int, length: int = 40) -> int:
    """Write n sentences as documents of so many, a row each, and return how many characters they hold."""
    characters = 0
    with path.open("w", encoding="utf-8") as file:
        for first in range(0, n, _BLOCK):
            whole = [_INNER_STOP.sub(r"\1", text) for text in texts.growing(min(_BLOCK, n - first), seed=first).to_pylist()]
            sentences = [text[:1].upper() + text[1:].rstrip(".!?,;:") + "." for text in whole]
            bodies = [" ".join(sentences[i : i + length]) for i in range(0, len(sentences), length)]
            file.writelines(json.dumps({"text": body}) + "\n" for body in bodies)
            characters += sum(map(len, bodies))
    return characters


def document_stages(size: Size, folder: Path) -> dict[str, float]:
    """Return the microseconds a sentence that each stage takes from documents to Parquet, in one process, start-up apart."""
    path = folder / "stages.jsonl"
    _write_documents(path, size.documents // 10)
    tagger, fresh, inputs = _fresh(), _fresh(), Inputs([str(path)])
    batches = list(inputs.batches())
    bodies = [text for batch in batches for text in batch.table.column("text").to_pylist()]
    # What the splitter has seen it remembers, so the first time is the one that counts.
    first, again = (seconds(lambda: [split_sentences(body) for body in bodies]) for _ in range(2))
    started = time.perf_counter()
    scored = list(score_documents(tagger, batches))
    together = time.perf_counter() - started
    spent = {
        "look through the table": seconds(lambda: Inputs([str(path)])),
        "read": seconds(lambda: list(inputs.batches())),
        "split into sentences": first,
        "hash texts": seconds(lambda: [extraction(body) for body in bodies]),
        "model": seconds(lambda: [fresh.score_batch(batch.select(["text"])) for batch in scored]),
        "write Parquet": seconds(lambda: write_parquet(scored, io.BytesIO())),
    }
    spent["put columns together"] = max(0.0, together - again - spent["hash texts"] - spent["model"])
    n = sum(map(len, scored))
    return {stage: round(took / n * 1e6, 3) for stage, took in spent.items()} | {"all": round(sum(spent.values()) / n * 1e6, 3)}


def cold(size: Size) -> dict[str, list[float]]:
    """Return the seconds that commands take from a cold process, a figure a run."""
    python = sys.executable
    commands = {
        "import numpy, pyarrow, click": (python, "-c", "import numpy, pyarrow, click"),
        "import click": (python, "-c", "import click"),
        "migclass score page.txt": (python, "-m", "migclass", "score", str(PAGE)),
        "migclass --help": (python, "-m", "migclass", "--help"),
    }
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(2 * size.runs + 1):
        for name, command in commands.items():
            found[name].append(child(*command)[0])
    return found


# The result


def compared(rates: dict[str, list[float]], by_documents: list[dict[str, Any]], starts: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Return the ratios that matter, with the target of each or its limit."""
    found = {f"sentences a second, beside {name}": ratios(rates[OURS], rates[name]) for name in rates if name != OURS}
    most = [point for point in by_documents if point["sentences"] == by_documents[-1]["sentences"]]
    peer = median(rates[TFIDF])
    found[f"documents to Parquet, beside {TFIDF} on sentences"] = spread([most[0]["sentences"] / took / peer for took in most[0]["runs"]])
    found |= cores_compared(by_documents)
    found["score a page, beside importing numpy, pyarrow and click"] = ratios(
        starts["migclass score page.txt"], starts["import numpy, pyarrow, click"]
    )
    found["migclass --help, beside importing click"] = ratios(starts["migclass --help"], starts["import click"])
    aims = {name: {"target": value} for name, value in TARGETS.items()} | {name: {"limit": value} for name, value in LIMITS.items()}
    return {name: ratio | aims.get(name, {}) for name, ratio in found.items()}


def cores_compared(by_documents: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the ratio of all cores to one, if there are several: what the many documents take beyond the few."""
    if len(by_documents) < 4:
        return {}
    one, all_ = ([long - short for long, short in zip(by_documents[2 + i]["runs"], by_documents[i]["runs"], strict=True)] for i in range(2))
    return {ALL_CORES: ratios(one, all_)}


def measure(size: Size, with_peers: bool) -> dict[str, Any]:
    """Measure everything and return the result as it is written."""
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        pa.set_cpu_count(1)
        starts = cold(size)
        by_documents = documents(size, Path(folder))
        rates = sentence_rates(size, with_peers)
        by_size, by_stage = growth(size), stages(size)
        by_document_stage = document_stages(size, Path(folder))
    return {
        "about": _about(),
        "ratios": compared(rates, by_documents, starts),
        "sentences_per_second": {name: spread(values) for name, values in rates.items()},
        "documents": list(map(_with_rate, by_documents)),
        "microseconds": by_stage,
        "document_microseconds": by_document_stage,
        "growth": by_size,
        "cold_seconds": {name: spread(values) for name, values in starts.items()},
    }


def measure_many() -> dict[str, Any]:
    """Measure documents to Parquet on more than memory should hold and return the result as it is written."""
    with tempfile.TemporaryDirectory() as folder:
        found = documents(MANY, Path(folder))
    return {"about": _about(), "ratios": cores_compared(found), "documents": list(map(_with_rate, found))}


def _with_rate(point: dict[str, Any]) -> dict[str, Any]:
    return point | {"runs": len(point["runs"]), "characters_per_second": spread([point["characters"] / took for took in point["runs"]])}


def _about() -> dict[str, Any]:
    packages = ("numpy", "pyarrow", "scikit-learn", "fasttext", "model2vec", "sentence-transformers")
    names = {"fasttext": "fasttext", "model2vec": "model2vec", "sentence-transformers": "sentence_transformers"}
    there = [name for name in packages if name not in names or find_spec(names[name])]
    return {
        "model": f"{load_model().name} {load_model().hash}",
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in there},
    }


@click.command()
@click.option("--peers", "with_peers", is_flag=True, help="Train and measure other ways that are installed.")
@click.option("--small", is_flag=True, help="Measure on little text, to see that it runs.")
@click.option("--many", is_flag=True, help="Measure fifteen million sentences in documents, and nothing else.")
@click.option("-o", "--output", help="File to write.  [default: results/speed.json, or speed-many.json]")
def main(with_peers: bool, small: bool, many: bool, output: str | None) -> None:
    """Measure speed, memory and cold start and write the figures as a file."""
    result = measure_many() if many else measure(SMALL if small else WHOLE, with_peers)
    place = Path(output or RESULTS / ("speed-many.json" if many else "speed.json"))
    place.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for name, ratio in result["ratios"].items():
        click.echo(f"{ratio['median']:8.2f}  {name}")


if __name__ == "__main__":
    main()
