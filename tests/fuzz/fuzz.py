"""Fuzzing: broken and hostile files of every kind that migclass reads. It must give a right answer or one clear line.

    pip install -e ".[fuzz]"
    python tests/fuzz/fuzz.py TARGET --seconds 60

Atheris (libFuzzer) chooses what happens to small real files: bits flip, stretches go or come twice, hostile values take the place of good
ones, in archives within their parts and in model folders with the hashes made right again. Whatever is raised but a MigclassError, whatever
takes over ten seconds, is printed and kept in a folder.
"""

import argparse
import hashlib
import io
import json
import sys
import tempfile
import time
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["migclass"], enable_loader_override=False):
    import migclass
    from migclass.arrow import strings
    from migclass.behaviour import read_cases
    from migclass.codebook import as_markdown
    from migclass.documents import Document, read_documents
    from migclass.engines import score_documents
    from migclass.inputs import batch_documents
    from migclass.labels import as_json, check_labels, read_labels, targets
    from migclass.outputs import write_csv, write_jsonl, write_parquet
    from migclass.standoff import read_standoff, resolve

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent))
from mutations import mutate, mutate_archive, mutate_arrays, mutate_lines, mutate_parquet, mutate_toml, mutate_value
from seeds import TINY, make_seeds, read_model, read_tags

BOOK = TINY.model.codebook
SEEDS, MODEL, TAGS = make_seeds(), read_model(), read_tags()
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
SLOW = 10


def write(name: str, data: bytes) -> Path:
    """Return the path of a file of that content; the one before is overwritten."""
    path = FOLDER / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(data)
    return path


def fuzz_text(choose):
    """Any text as a document and as sentences, in any encoding, and the three files that come of it."""
    text = mutate(SEEDS["text"], choose)
    if choose.ConsumeBool():
        encoding = choose.PickValueInList(["utf-8", "utf-16", "utf-7", "latin-1", "cp1252", "unicode_escape", "idna", "punycode", "x"])
        documents = list(read_documents(str(write("a.txt", text)), encoding=encoding))
    else:
        documents = [Document("a", text.decode("utf-8", choose.PickValueInList(["replace", "surrogateescape", "ignore"])))]
    for tags in TINY.tag_document(documents[0].text):
        assert tags.text == " ".join(documents[0].text[tags.start : tags.end].split()) or "\u00ad" in documents[0].text or "-" in documents[0].text
    scored = list(score_documents(TINY, batch_documents(documents), sentences=choose.ConsumeBool()))
    for writer in (write_jsonl, write_csv, write_parquet):
        writer((batch for batch in scored if len(batch)), io.BytesIO()) if sum(map(len, scored)) else None


def fuzz_tables(choose):
    """Tables of each kind, and tags of what stands in them."""
    kind = choose.PickValueInList(["csv", "tsv", "jsonl", "parquet"])
    change = {"jsonl": mutate_lines, "parquet": mutate_parquet}.get(kind, mutate)
    documents = list(read_documents(str(write(f"a.{kind}", change(SEEDS[f"table.{kind}"], choose)))))
    for batch in score_documents(TINY, batch_documents(documents[:50])):
        for writer in (write_jsonl, write_csv):
            writer([batch], io.BytesIO())


def fuzz_labels(choose):
    """Label files, and what is done with their rows."""
    rows = read_labels(write("a.jsonl", mutate_lines(SEEDS["labels.jsonl"], choose)), codebook=BOOK)
    targets(rows, BOOK)
    check_labels(rows[:200])
    for row in rows:
        json.loads(as_json(row))


def fuzz_standoff(choose):
    """Stand-off labels and the list of documents that goes with them."""
    write("standoff/documents.toml", SEEDS["documents"] if choose.ConsumeBool() else mutate_toml(SEEDS["documents"], choose))
    write("standoff/documents/a.jsonl", mutate_lines(SEEDS["standoff"], choose))
    labels = read_standoff(BOOK, folder=FOLDER / "standoff")
    resolve(labels, {"a": SEEDS["text"].decode("utf-8", "replace")})


def fuzz_codebook(choose):
    """Codebooks."""
    as_markdown(migclass.load_codebook(write("codebook.toml", mutate_toml(SEEDS["codebook.toml"], choose))))


def fuzz_behaviour(choose):
    """Cases of behaviour."""
    read_cases(write("cases.toml", mutate_toml(SEEDS["behaviour"], choose)), BOOK)


def fuzz_model(choose):
    """Model folders with one file changed; half the time model.json is made to agree with it, as an attacker would."""
    files = dict(MODEL)
    name = choose.PickValueInList(sorted(files))
    if name == "model.json" and choose.ConsumeBool():
        files[name] = json.dumps(mutate_value(json.loads(files[name]), choose)).encode()
    elif name == "arrays.safetensors" and choose.ConsumeIntInRange(0, 3):
        files[name] = mutate_arrays(files[name], choose)
    else:
        files[name] = mutate(files[name], choose)
    if name != "model.json" and choose.ConsumeIntInRange(0, 3):
        manifest = json.loads(files["model.json"])
        manifest["files"][name] = hashlib.sha256(files[name]).hexdigest()
        files["model.json"] = json.dumps(manifest).encode()
    for each, data in files.items():
        write(f"model/{each}", data)
    tagger = migclass.load(FOLDER / "model")
    assert np.isfinite(tagger.predict_proba(["The border was closed, and nurses left.", "", "qzx \ud800"])).all()
    tagger.explain("Visas for nurses.")
    tagger.score_batch(pa.RecordBatch.from_arrays([strings(["One."])], names=["text"]))


def fuzz_sheets(choose):
    """Coders' sheets."""
    kind = choose.PickValueInList(["csv", "xlsx"])
    change = mutate_archive if kind == "xlsx" else mutate
    migclass.read_sheet(write(f"sheet.{kind}", change(SEEDS[f"sheet.{kind}"], choose)), TAGS)


def fuzz_tags(choose):
    """Files of tags, and what is counted in them."""
    kind = choose.PickValueInList(["jsonl", "csv", "parquet"])
    change = {"jsonl": mutate_lines, "parquet": mutate_parquet}.get(kind, mutate)
    tags = migclass.read_tags([write(f"tags.{kind}", change(SEEDS[f"tags.{kind}"], choose))], codebook=BOOK)
    migclass.profile(tags, by=tags.own_columns[:1], draws=20)
    migclass.report(tags)
    migclass.draw_audit(tags, max(4, len(tags) // 2))


def fuzz_documents(kind: str):
    """Return what fuzzes documents of a kind."""

    def fuzz(choose):
        for document in read_documents(str(write(f"a.{kind}", (mutate_archive if kind == "docx" else mutate)(SEEDS[kind], choose)))):
            migclass.split_sentences(document.text)

    return fuzz


TARGETS = {name.removeprefix("fuzz_"): function for name, function in globals().items() if name.startswith("fuzz_") and name != "fuzz_documents"}
TARGETS |= {kind: fuzz_documents(kind) for kind in ("html", "pdf", "docx", "md")}


def main() -> None:
    """Run one target, and print each kind of finding once."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    found: dict[tuple[str, str], Path] = {}

    def one(data: bytes) -> None:
        began = time.process_time()
        try:
            TARGETS[given.target](atheris.FuzzedDataProvider(data))
        except migclass.MigclassError as error:
            if len(str(error).splitlines()) != 1:
                note("not one line", str(error), data)
        except Exception as error:
            frame = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if "migclass/" in f.filename), None)
            note(f"{type(error).__name__}: {error}"[:200], f"{frame.filename}:{frame.lineno}" if frame else "harness", data)
        if time.process_time() - began > SLOW:
            note("slow", str(time.process_time() - began), data)

    def note(what: str, where: str, data: bytes) -> None:
        if (what[:25], where) not in found:
            found[what[:25], where] = kept = FOLDER / f"finding-{given.target}-{len(found)}"
            kept.write_bytes(data)
            print(f"FINDING {given.target}: {what} at {where}, kept in {kept}", flush=True)

    corpus = write("corpus/0", b"").parent
    for i, size in enumerate((64, 256, 1024)):
        write(f"corpus/{i}", np.random.default_rng(i).bytes(size))
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-max_total_time={given.seconds}", "-max_len=4096", "-len_control=0", "-rss_limit_mb=2048", "-timeout=60"], one
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
