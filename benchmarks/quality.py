"""How good the shipped models, the baselines and other ways to do the same work are, on each test set, in one run.

    python benchmarks/quality.py [--real DIR] [--documents DIR|FILE ...] [--peers] [--unopened DIR|FILE ...]

--real names the folder of the real development set (validation.jsonl); --documents the copies of real documents that models
learn from; --peers trains the other ways (extra `peers`); --unopened names copies of the documents of the role test, to be
measured once, at the end. Writes results/quality.json, of which `python docs/generate.py` makes the tables. What an earlier run
found of other ways is kept, and not measured again, if they learnt from the labels of the default model.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa

from migclass.codebook import DEFAULT as SHIPPED
from migclass.codebook import load_codebook
from migclass.decisions import log_odds
from migclass.evaluation import compare, evaluate
from migclass.labels import LabelledSentence, labels_hash, read_labels, targets
from migclass.model import DEFAULT, find_model, load_model, shipped_models
from migclass.resources import resource
from migclass.standoff import read_copies, read_standoff, resolve
from migclass.training import gather, prevalence, train

HERE = Path(__file__).parent
RESULT = HERE / "results" / "quality.json"
BOOK = load_codebook()
GROUPS = {"frames": BOOK.frame_ids, "poles": BOOK.pole_ids}


def test_sets(real: str | None, unopened: Sequence[str]) -> dict[str, Sequence[LabelledSentence]]:
    """Return the rows of each test set, by name."""
    sets: dict[str, Sequence[LabelledSentence]] = {
        "written test": read_labels(resource("labels", "test.jsonl"), codebook=BOOK),
        "transfer (genres unseen in training)": read_labels(resource("labels", "transfer.jsonl"), codebook=BOOK),
    }
    if real:
        sets["real development set"] = read_labels(Path(real) / "validation.jsonl", codebook=BOOK)
    if unopened:
        sets["unopened documents"] = resolve(read_standoff(BOOK, role="test"), read_copies(unopened)).sentences
    return sets


class System:
    """Something that gives probabilities, with the thresholds at which they are read and what it costs."""

    def __init__(self, name: str, predict: Any, threshold: np.ndarray, **facts: Any) -> None:
        self.name, self.predict, self.threshold, self.facts = name, predict, threshold, facts

    def measure(self, sets: dict[str, Sequence[LabelledSentence]]) -> dict[str, Any]:
        """Return the evaluation on each set, with which sentences were tagged, and the speed on one thread."""
        measured = {}
        for name, rows in sets.items():
            texts = [row.text for row in rows]
            start = time.perf_counter()
            p = np.asarray(self.predict(texts), np.float32)
            if name == "written test":
                self.facts["sentences_per_second"] = round(len(rows) / (time.perf_counter() - start))
            documents = [row.passage for row in rows]
            found = evaluate(targets(rows, BOOK), p, self.threshold, codes=BOOK.codes, groups=GROUPS, documents=documents)
            measured[name] = found.as_dict() | {
                "labels": labels_hash(rows),
                "tagged": ["".join("01"[int(x)] for x in row) for row in p >= self.threshold],
            }
        return {"system": self.name, **self.facts, "sets": measured}


def ours() -> list[System]:
    """Return the word list and the models that ship."""
    systems = []
    for name in (HERE / "wordlist", *shipped_models()):
        model, folder = load_model(name), find_model(name)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        model.probabilities(["warm up"])
        facts = {"recipe": model.about["recipe"], "model_hash": model.hash, "megabytes": round(size, 1), "train_seconds": None}
        systems.append(System(model.name, model.probabilities, model.decision.threshold, **facts))
    return systems


def others(documents: Sequence[str], known: Collection[str]) -> Iterator[System]:
    """Train the other ways on the labels that ship, the quickest first, and yield each that is not known."""
    import peers

    material = gather((SHIPPED,), BOOK, documents)
    texts, Y = [row.text for row in material.train], targets(material.train, BOOK)
    passages, shares = [row.passage for row in material.train], prevalence(material.train, BOOK)
    learnt, half = labels_hash(material.train), np.full(len(BOOK.codes), 0.5)

    def system(name: str, fit: Callable[[], peers.Fit], note: str, how: Any = peers.train_peer) -> Iterator[System]:
        if name in known:
            return
        peer = how(fit(), texts, Y, passages, shares)
        facts = {"recipe": note, "learnt": learnt, "megabytes": round(peer.megabytes, 1), "train_seconds": round(peer.seconds)}
        yield System(name, lambda s: peer.decision.probabilities(log_odds(peer.predict(s))), peer.decision.threshold, **facts)

    def plain_tfidf() -> Iterator[System]:
        if (name := "TF-IDF, defaults") not in known:
            note = "scikit-learn TfidfVectorizer(ngram_range=(1, 2)), logistic regression"
            yield System(name, peers.tfidf(texts, Y)[0], half, recipe=note, learnt=learnt)

    def student() -> Iterator[System]:
        if (name := "distilled") not in known:
            model = train(recipe=name, documents=documents, name=name)
            yield System(name, model.probabilities, model.decision.threshold, recipe="our recipe, from soft labels", learnt=learnt)

    static, frozen = "static model distilled from MiniLM, 256 dimensions, logistic regression", "all-MiniLM-L6-v2, logistic regression"
    pairs = f"all-MiniLM-L6-v2, {peers.SETFIT_STEPS} steps on pairs, logistic regression"
    yield from plain_tfidf()
    yield from system("TF-IDF, our thresholds", lambda: peers.tfidf, "the same, calibrated")
    yield from system("fastText", lambda: peers.fasttext, "fastText 0.9.3, one-vs-all, pairs, 25 passes")
    yield from system("model2vec", lambda: peers.embedded(peers.model2vec(), 31.3), static)
    yield from student()
    yield from system("MiniLM, frozen", lambda: peers.embedded(peers.minilm(), 90.9), frozen)
    yield from system("SetFit", lambda: peers.setfit, pairs, peers.train_once)


def differences(results: Sequence[dict[str, Any]], sets: dict[str, Sequence[LabelledSentence]]) -> list[dict[str, Any]]:
    """Return by how much our models' mean F1 is above each other system's, over the same draws of text."""
    found = []
    by_name = {result["system"]: result["sets"] for result in results}
    for mine in (name for name in shipped_models() if name in by_name):
        for other, own in by_name.items():
            for name, rows in sets.items():
                if other == mine or name not in own:
                    continue
                first, second = (np.array([[c == "1" for c in row] for row in by_name[s][name]["tagged"]]) for s in (mine, other))
                documents = [row.passage for row in rows]
                for d in compare(targets(rows, BOOK), first, second, codes=BOOK.codes, groups=GROUPS, documents=documents):
                    found.append({"set": name, "system": mine, "against": other, "mean": d.name, "f1": d.f1, "low": d.low, "high": d.high})
    return found


@click.command()
@click.option("--real", help="Folder with validation.jsonl, the real development set.")
@click.option("--documents", multiple=True, help="Copies of documents with stand-off labels of the role train; for --peers.")
@click.option("--peers", is_flag=True, help="Train and measure the other ways as well.")
@click.option("--unopened", multiple=True, help="Copies of the documents of the role test.")
def main(real: str | None, documents: tuple[str, ...], peers: bool, unopened: tuple[str, ...]) -> None:
    """Measure every system on every set and write the figures as a file."""
    pa.set_cpu_count(1)
    sets = test_sets(real, unopened)
    learnt = load_model().about["labels"]["hash"]
    earlier = json.loads(RESULT.read_text(encoding="utf-8"))["results"] if RESULT.exists() else []
    found = {old["system"]: old for old in earlier if old.get("learnt") == learnt}
    for system in chain(ours(), others(documents, found) if peers else ()):
        found[system.name] = system.measure(sets)
        click.echo(
            f"{system.name}: " + ", ".join(f"{m['name']} {m['f1']:.3f}" for s in found[system.name]["sets"].values() for m in s["means"]), err=True
        )
        # After each, since some take long.
        write(list(found.values()), sets)


def write(results: list[dict[str, Any]], sets: dict[str, Sequence[LabelledSentence]]) -> None:
    """Write what was found so far."""
    versions = {package: version(package) for package in ("migclass", "numpy", "scikit-learn", "pyarrow")}
    whole = {"default": DEFAULT, "versions": versions, "results": results, "differences": differences(results, sets)}
    RESULT.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
