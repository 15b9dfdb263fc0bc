"""Fuzzing: broken and hostile files of every kind that migclass reads. It must give a right answer or one clear line.

    pip install -e ".[fuzz]"
    python tests/fuzz/fuzz.py TARGET --seconds 60

Atheris (libFuzzer) chooses what happens to small real files: bits flip, stretches go or come twice, hostile values take the place of good
ones, in archives within their parts and in model folders with the hashes made right again. Whatever is raised but a MigclassError, whatever
takes over ten seconds, is printed and kept in a folder.
"""

import hashlib
import io
import json
import sys
import tempfile
import time
import traceback
import zipfile
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
import pyarrow.parquet as pq
import safetensors.numpy

sys.path.insert(0, str(Path(__file__).parent))
from seeds import TINY, make_seeds, read_model, read_tags

BOOK = TINY.model.codebook
SEEDS, MODEL, TAGS = make_seeds(), read_model(), read_tags()
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
SLOW = 10
# Values and stretches of bytes that are known to hurt.
VALUES = [
    None, True, -1, 0, 2**31, 2**63, 2**70, 10**400, 1.5, float("inf"), float("nan"), "", "x", "\ud800", "\0", "=1+1", "\u202e", "😀" * 50, "a;b",
    "[", "[1]", "{}", "1e999", [], [[]], [None], {}, {"": None}, "x" * 9999,
]  # fmt: skip
SETTINGS = [
    b"1",
    b"-1",
    b"true",
    b"1e999",
    b"9" * 5000,
    b'""',
    b'"x"',
    b"[]",
    b"[1]",
    b'["x"]',
    b"[[]]",
    b"{}",
    b"{a = 1}",
    b"1979-05-27",
    b"[" * 9999,
]
TOKENS = [
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\n\n", b'"', b"'''", b"[[", b"{" * 99, b"[" * 9999, b"=", b";", b",", b"\t",
    b"9" * 5000, b"1e999", b"nan", b"-1", b"null", b"\\ud800", b"a." * 200, b"<!ENTITY a 'b'>", b"&a;" * 99, b"<div>" * 999, b"]]>", b"<![CDATA[",
    b"/Count 99999999", b"/Kids [2 0 R]", b"/Length 99999999", b"/Encrypt 5 0 R", b"endstream", b"\xe2\x80\xa8", b"a-\n" * 99, b". " * 999,
    b"- " * 999,
    b"16384", b"1048576", b"XFD1048576", b"true", b"0" * 400, b"---\n-a:\n-a:\n", b"`" * 99, b"**" * 99, b"PAR1", b"PK\x05\x06",
]  # fmt: skip


def mutate(data: bytes, choose: atheris.FuzzedDataProvider) -> bytes:
    """Return bytes with a few stretches changed."""
    data = bytearray(data)
    for _ in range(choose.ConsumeIntInRange(1, 4)):
        at = choose.ConsumeIntInRange(0, len(data))
        end = min(len(data), at + choose.ConsumeIntInRange(1, 2 ** choose.ConsumeIntInRange(0, 12)))
        match choose.ConsumeIntInRange(0, 6):
            case 0 if at < len(data):
                data[at] ^= 1 << choose.ConsumeIntInRange(0, 7)
            case 1:
                data[at:end] = b""
            case 2:
                data[at:at] = data[at:end] * choose.ConsumeIntInRange(1, 50)
            case 3:
                data[at:end] = choose.PickValueInList(TOKENS)
            case 4:
                data[at:at] = choose.PickValueInList(TOKENS)
            case 5:
                data[at:end] = choose.ConsumeBytes(end - at)
            case 6 if choose.ConsumeBool():
                del data[at:]
    return bytes(data)


def mutate_value(value: object, choose: atheris.FuzzedDataProvider) -> object:
    """Return plain data with a value changed, gone or added somewhere in it."""
    places = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not places or choose.ConsumeIntInRange(0, 5) == 0:
        return choose.PickValueInList(VALUES)
    value, place = value.copy(), choose.PickValueInList(places)
    match choose.ConsumeIntInRange(0, 5):
        case 0:
            del value[place]
        case 1 if isinstance(value, dict):
            value[str(choose.PickValueInList(VALUES))] = choose.PickValueInList(VALUES)
        case _:
            value[place] = mutate_value(value[place], choose)
    return value


def mutate_lines(data: bytes, choose: atheris.FuzzedDataProvider) -> bytes:
    """Return JSON lines with values of one of them changed, or bytes."""
    if choose.ConsumeIntInRange(0, 2) == 0:
        return mutate(data, choose)
    lines = data.splitlines()
    at = choose.ConsumeIntInRange(0, len(lines) - 1)
    lines[at] = json.dumps(mutate_value(json.loads(lines[at]), choose)).encode()
    return b"\n".join(lines)


def mutate_toml(data: bytes, choose: atheris.FuzzedDataProvider) -> bytes:
    """Return TOML with a line gone, twice or with another value, or its bytes changed."""
    if choose.ConsumeIntInRange(0, 2) == 0:
        return mutate(data, choose)
    lines = data.splitlines()
    at = choose.ConsumeIntInRange(0, len(lines) - 1)
    key = lines[at].split(b"=")[0]
    lines[at : at + 1] = choose.PickValueInList([[], [lines[at]] * 2, *([key + b"= " + value] for value in SETTINGS)])
    return b"\n".join(lines)


def mutate_archive(data: bytes, choose: atheris.FuzzedDataProvider) -> bytes:
    """Return an Office file with one of its parts changed, or its bytes."""
    if choose.ConsumeIntInRange(0, 3) == 0:
        return mutate(data, choose)
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w") as archive:
        changed = choose.PickValueInList(old.namelist())
        for name in old.namelist():
            archive.writestr(name, mutate(old.read(name), choose) if name == changed else old.read(name))
    return new.getvalue()


def mutate_parquet(data: bytes, choose: atheris.FuzzedDataProvider) -> bytes:
    """Return a Parquet file whose rows hold other values or lack columns, or its bytes changed."""
    if choose.ConsumeIntInRange(0, 2) == 0:
        return mutate(data, choose)
    columns, file = pq.read_table(io.BytesIO(data)).to_pydict(), io.BytesIO()
    name = choose.PickValueInList(list(columns))
    columns[name] = [choose.PickValueInList(VALUES)] * len(columns[name]) if choose.ConsumeBool() else mutate_value(columns[name], choose)
    try:
        pq.write_table(pa.table(columns), file)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError, TypeError, ValueError, AttributeError):
        return data
    return file.getvalue()


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


def mutate_arrays(data: bytes, choose) -> bytes:
    """Return arrays of which one has other numbers, another type or another shape, is gone or has another name."""
    arrays = safetensors.numpy.load(data)
    name = choose.PickValueInList(sorted(arrays))
    array = arrays.pop(name)
    match choose.ConsumeIntInRange(0, 5):
        case 0:
            arrays[name] = array.astype(choose.PickValueInList(["f2", "f4", "f8", "i1", "i8", "u8", "?"]))
        case 1:
            arrays[name] = array.reshape(choose.PickValueInList([(-1,), (1, *array.shape), (*array.shape, 1), array.shape[::-1]]))
        case 2:
            arrays[name] = array[: choose.ConsumeIntInRange(0, len(array))].copy()
        case 3:
            arrays[choose.PickValueInList(["x", "weights.x", "decision.x"])] = array
        case _:
            flat = array.reshape(-1).copy()
            number = choose.PickValueInList([-1, 0, 127, 65504, 2**31 - 1, 2**62, np.nan, np.inf])
            with np.errstate(all="ignore"):
                flat[choose.ConsumeIntInRange(0, max(len(flat) - 1, 0)) :] = np.array(number).astype(array.dtype)
            arrays[name] = flat.reshape(array.shape)
    return safetensors.numpy.save(arrays)


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
    target, seconds = sys.argv[1], sys.argv[3]
    found: dict[tuple[str, str], Path] = {}

    def one(data: bytes) -> None:
        began = time.process_time()
        try:
            TARGETS[target](atheris.FuzzedDataProvider(data))
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
            found[what[:25], where] = kept = FOLDER / f"finding-{target}-{len(found)}"
            kept.write_bytes(data)
            print(f"FINDING {target}: {what} at {where}, kept in {kept}", flush=True)

    corpus = write("corpus/0", b"").parent
    for i, size in enumerate((64, 256, 1024)):
        write(f"corpus/{i}", np.random.default_rng(i).bytes(size))
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-max_total_time={seconds}", "-max_len=4096", "-len_control=0", "-rss_limit_mb=2048", "-timeout=60"], one
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
