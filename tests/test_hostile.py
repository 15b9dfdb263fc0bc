"""Broken and hostile input of every kind gives a right answer or one clear line: what fuzzing (tests/fuzz) and attacks by hand found."""

import csv
import hashlib
import io
import json
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import docx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy
from click.testing import CliRunner

import migclass
from migclass import decoding, documents, limits, readers, sentences, tables
from migclass.arrow import strings
from migclass.behaviour import read_cases
from migclass.cli import main
from migclass.codebook import parse_codebook
from migclass.documents import read_document, read_documents
from migclass.engines import score_batch
from migclass.errors import CodebookError, DocumentError, LabelError, MigclassError, ModelError
from migclass.indexes import TextIndex
from migclass.inputs import DocumentBatch
from migclass.labels import check_labels, read_labels
from migclass.standoff import read_standoff

KEPT = Path(__file__).parent / "promises" / "format-2"
# What Office files that ask for a password are: another kind of container, with one part.
LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)


@pytest.fixture(scope="module")
def tiny():
    return migclass.load(KEPT / "model")


@pytest.fixture
def tags(tiny):
    return migclass.read_tags([KEPT / "tags.parquet"], codebook=tiny.model.codebook)


@pytest.fixture
def strict(monkeypatch):
    """Readers that may take a second and a quarter of a gigabyte, for what unpacks to 16 MB."""
    monkeypatch.setattr(readers, "_LIMITS", readers._LIMITS | {"seconds": 1, "memory": 2**28, "unpacked": 2**24})
    readers._reader.stop()
    yield
    readers._reader.stop()


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    return path


def one_line(call, error=MigclassError):
    """Return the message of the error that a call must raise."""
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).isprintable()
    return str(caught.value)


# --- PDF, Word, HTML, Markdown, XLSX


def pdf(*objects):
    """A PDF of one page, whose contents are object 4 and whose form X0 is object 6."""
    page = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /XObject << /X0 6 0 R >> >> >>"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    start = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 300 300] >>", page, objects[0], font]
    body, places = b"%PDF-1.4\n", []
    for i, each in enumerate([*start, *objects[1:]], 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (i, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    return body + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, table, size, len(body))


def stream(data, head=b""):
    packed = zlib.compress(data, 9)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(packed), head, packed)


def nested_forms(depth, width):
    """Forms that each show the next several times."""
    forms = []
    for i in range(7, 7 + depth):
        resources = b"/Resources << /Font << /F1 5 0 R >> /XObject << /X0 %d 0 R >> >>" % i
        forms.append(stream(b"q /X0 Do Q " * width, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + resources))
    last = stream(b"BT /F1 9 Tf (ha) Tj ET", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 5 0 R >> >>")
    return pdf(stream(b"/X0 Do"), *forms, last)


def locked_pdf():
    text = pdf(stream(b"BT /F1 9 Tf (ha) Tj ET"), b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (b"00" * 32, b"11" * 32))
    return text.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 6 0 R /ID [<00> <00>]")


def archive(data, name, change):
    """Return an Office file with one of its parts changed."""
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as changed:
        for part in old.namelist():
            changed.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return new.getvalue()


def word(change=lambda xml: xml):
    file = io.BytesIO()
    docx.Document().save(file)
    return archive(file.getvalue(), "word/document.xml", change)


def before_end(xml):
    return lambda old: old.replace(b"<w:sectPr", xml + b"<w:sectPr", 1)


WIDE_CELL = b'<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="99999999"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>'


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("forms.pdf", lambda: nested_forms(8, 10)),
        ("stream.pdf", lambda: pdf(stream(b"BT /F1 9 Tf " + b"(ha) Tj " * 2**22 + b"ET"))),
        ("cell.docx", lambda: word(before_end(WIDE_CELL))),
        ("paragraphs.docx", lambda: word(before_end(b"<w:p><w:r><w:t>ha</w:t></w:r></w:p>" * 10**5))),
        ("attributes.html", lambda: b"<p " + b" ".join(b"a%d=''" % i for i in range(50_000)) + b">They closed it.</p>"),
        ("list.md", lambda: b"- a\n" * 200_000),
    ],
)
def test_what_takes_too_long_or_too_much_is_given_up(tmp_path, strict, name, make):
    path = write(tmp_path / name, make())
    assert re.search("takes too long|takes more than|broke down", one_line(lambda: read_document(str(path)), DocumentError))
    assert read_document(str(write(tmp_path / "whole.md", "# Still *here*"))).text == "Still here"


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_what_unpacks_to_too_much(strict, kind):
    data = word(lambda xml: xml + b" " * 2**25)
    assert re.search("unpacks to 3. MB, more than 16", one_line(lambda: readers.read_text(kind, data, "a")))


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("a.pdf", locked_pdf, "asks for a password"),
        ("a.docx", lambda: LOCKED, "asks for a password"),
        ("a.docx", lambda: LOCKED[:400], "of the kind before 2007"),
        ("a.pdf", lambda: nested_forms(1, 1)[:300], "damaged or no PDF"),
        ("a.docx", lambda: word()[:-100], "damaged"),
        ("a.docx", lambda: word(lambda xml: xml[:-100]), "damaged"),
        ("a.docx", lambda: word(before_end(b"<w:p>" * 10_000)), "damaged"),
        ("a.docx", lambda: word(lambda xml: b"<!DOCTYPE d [<!ENTITY a 'ha'>]>" + xml.split(b"?>")[-1]), "no text in it"),
        ("a.html", lambda: b"<div>" * 10**5, "no main text"),
        ("a.html", lambda: b"<" * 10**5, "no main text"),
    ],
)
def test_what_can_t_be_read_says_why(tmp_path, name, make, message):
    path = str(write(tmp_path / name, make()))
    assert re.search(message, one_line(lambda: read_document(path), DocumentError))


def test_pages_that_are_promised_and_not_there(tmp_path):
    data = pdf(stream(b"BT /F1 9 Tf 9 9 Td (The border.) Tj ET")).replace(b"/Count 1", b"/Count 999999999")
    assert "The border." in read_document(str(write(tmp_path / "a.pdf", data))).text


def test_a_rule_and_a_list_are_no_endless_front_matter(tmp_path):
    assert "-a:" in read_document(str(write(tmp_path / "a.md", "---\n" + "-a:\n" * 60))).text


def test_nothing_is_read_into_a_file_that_a_page_names(tmp_path):
    secret = write(tmp_path / "secret.txt", "the secret words")
    page = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]><html><body><article>{"<p>Nobody left, &x; they said again.</p>" * 9}</article>'
    assert "secret words" not in read_document(str(write(tmp_path / "a.html", page))).text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', xml), ""),
        (lambda xml: xml.replace(b"</sheetData>", b'<row r="99999999999"><c r="A99999999999"/></row></sheetData>'), ""),
        (lambda xml: xml[:-100], "damaged"),
        (lambda xml: xml.replace(b"<sheetData>", b"<sheetData><row r='x'>"), "damaged"),
    ],
)
def test_sheets_of_strange_sizes(tmp_path, tags, change, message):
    path = tmp_path / "sheet.xlsx"
    migclass.write_sheet(path, tags, migclass.draw_audit(tags, 12))
    path.write_bytes(archive(path.read_bytes(), "xl/worksheets/sheet1.xml", change))
    if message:
        assert re.search(message, one_line(lambda: migclass.read_sheet(path, tags), LabelError))
    else:
        assert len(migclass.read_sheet(path, tags).rows) == 12


def test_a_locked_sheet_and_numbers_that_are_none(tmp_path, tags):
    assert "password" in one_line(lambda: migclass.read_sheet(write(tmp_path / "a.xlsx", LOCKED), tags), LabelError)
    path = tmp_path / "sheet.csv"
    migclass.write_sheet(path, tags, migclass.draw_audit(tags, len(tags)))
    whole = path.read_text(encoding="utf-8-sig")
    for broken in ("nan", "inf", "1e400"):
        for changed in (re.sub(r"1\.0,\d+\n", f"{broken},0\n", whole, count=1), re.sub(r"1\.0,\d+\n", f"1.0,{broken}\n", whole, count=1)):
            assert changed != whole
            assert f"holds '{broken}'" in one_line(lambda text=changed: migclass.read_sheet(write(tmp_path / "b.csv", text), tags), LabelError)


# --- text


def test_a_line_of_ten_megabytes(tiny):
    for text in ("word " * 2 * 10**6, "a" * 10**7, "😀" * 10**6, "." * 10**6, "\u202e\u0645\u0631 " * 10**6):
        spans = migclass.split_sentences(text)
        assert max(span.end - span.start for span in spans) <= 2000
        assert len(tiny.predict_proba([span.text for span in spans[:2000]])) == min(len(spans), 2000)


def test_blank_lines_after_a_hyphen(tiny):
    text = "a-" + "\n" * 10**6 + "1"
    batch = DocumentBatch(
        pa.RecordBatch.from_pydict({"document": strings(["a"]), "text": strings([text]), "extractor": strings(["text"])}), rows=True
    )
    assert score_batch(tiny, batch, sentences=True).column("text").to_pylist() == ["a- 1"]


def test_too_many_sentences(monkeypatch):
    monkeypatch.setattr(sentences, "MOST_SENTENCES", 9)
    assert len(migclass.split_sentences("It rained.\n\n" * 9)) == 9
    assert "more than 9 sentences" in one_line(lambda: migclass.split_sentences("It rained.\n\n" * 10), DocumentError)


def test_words_that_begin_alike_for_long(tiny):
    pieces = ["x" * 200 + f"{i:x}" for i in range(20_000)]
    index = TextIndex(pa.array(pieces[:10]))
    assert index.find(pa.array([*pieces[:2], "y"])).tolist()[2] == -1
    alone = tiny.predict_proba(pieces[:3])
    np.testing.assert_array_equal(tiny.predict_proba(pieces)[:3], alone)
    np.testing.assert_array_equal(tiny.predict_proba(pieces[:3]), alone)


def test_a_text_in_place_of_a_file_name(tmp_path):
    for command in (["score"], ["labels", "check"], ["evaluate", "--labels"], ["explain", "x", "--model"], ["labels", "codebook"]):
        done = CliRunner().invoke(main, [*command, "The border was closed. " * 50])
        assert (done.exit_code, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1
    done = CliRunner().invoke(main, ["score", str(write(tmp_path / "a.txt", "One.")), "-o", "x" * 300 + ".csv"])
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)


def test_messages_are_short_and_control_no_terminal(tmp_path):
    path = write(tmp_path / "a.jsonl", json.dumps({"text": "x", "frames": ["\x1b[31m" + "x" * 10**6], "poles": []}))
    message = one_line(lambda: read_labels(path, codebook=migclass.load_codebook()), LabelError)
    assert len(message) < 1100


# --- TOML


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a" + ".a" * 100_000 + " = 1", "a line has more than 250 dots"),
        ("version = " + "9" * 5000, "not TOML"),
        ("a = " + "[" * 100_000, "not TOML"),
        ("a = 1\n" * 10**6, "holds more than 1 MB"),
        ('title = "x"\nversion = 1\nframe = 3', "is not a list of tables"),
        ('title = "x"\nversion = 1\n[[frame]]\nid = "a"\ncoded = "x"\nname = 3', "'name' is 3; expected text"),
        ('title = "x"\nversion = 1\n[[frame]]\nid = "a"\ncoded = "x"\nnot_coded = [1]', "'not_coded' is"),
        ('title = "x"\nversion = 1\n' + "".join(f'[[frame]]\nid = "f{i}"\ncoded = "x"\n' for i in range(1001)), "1,001 codes; expected at most"),
        ('title = "x"\nversion = 1\n[[frame]]\nid = "a"\ncoded = "x"\ncues = [' + '"a", ' * 20_001 + "]", "20,001 cues; expected at most"),
    ],
)
def test_codebooks_that_are_refused(tmp_path, book, text, message):
    assert message in one_line(lambda: parse_codebook(text), CodebookError)
    assert one_line(lambda: read_cases(write(tmp_path / "a.toml", text), book), LabelError)


# --- tables, tags, labels


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", '{"text": "x", "\\ud800": 1}\n', "which is no text"),
        ("a.jsonl", '{"text": ' + "[" * 10**5, "not JSON"),
        ("a.jsonl", '{"text": "x", "n": ' + "9" * 5000 + "}", "not JSON"),
        ("a.jsonl", "".join(f'{{"text": "x", "k{i}": 1}}\n' for i in range(2001)), "more than 2,000 columns"),
        ("a.csv", "text," + ",".join(f"k{i}" for i in range(2000)), "more than 2,000 columns"),
    ],
)
def test_tables_that_are_refused(tmp_path, name, data, message):
    path = str(write(tmp_path / name, data))
    assert message in one_line(lambda: list(read_documents(path)), DocumentError)


def test_texts_that_are_too_long(tmp_path, monkeypatch):
    for module in (decoding, documents):
        monkeypatch.setattr(module, "MOST_CHARACTERS", 1000)
    for name, data, message in (
        ("a.csv", 'text\n"' + "word " * 300, "line 2: holds more than 1,000 characters"),
        ("a.jsonl", '{"text": "' + "word " * 300, "line 1: holds more than 1,000 characters"),
        ("a.txt", "word " * 300, "holds 1,500 characters, more than 1,000"),
    ):
        path = str(write(tmp_path / name, data))
        assert message in one_line(lambda path=path: list(read_documents(path)), DocumentError)
    assert "holds more than 0 MB" in one_line(lambda: decoding.read_bytes(path, most=100), DocumentError)


def test_a_quote_that_is_never_closed(tmp_path):
    before = csv.field_size_limit(1000)
    try:
        path = str(write(tmp_path / "a.csv", 'text\n"' + "word\n" * 300))
        assert "field larger than field limit" in one_line(lambda: list(read_documents(path)), DocumentError)
    finally:
        csv.field_size_limit(before)


def test_a_parquet_file_that_holds_a_text_once_and_means_it_many_times(tmp_path, monkeypatch):
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(3000, np.int32)), pa.array(["ha " * 10_000]))
    pq.write_table(pa.table({"text": ["x"] * 3000, "o": column, "l": [["a"]] * 3000}), path := str(tmp_path / "a.parquet"), store_schema=False)
    monkeypatch.setattr(tables, "MOST_ROW_BYTES", 2**20)
    blocks = list(tables.open_table(path).blocks())
    assert sum(len(block.texts) for block in blocks) == 3000
    assert max(block.columns[0].nbytes for block in blocks) <= 2**20
    monkeypatch.setattr(tables, "MOST_ROW_BYTES", 2**10)
    assert "a row takes more than" in one_line(lambda: list(tables.open_table(path).blocks()), DocumentError)


def test_parquet_of_absurd_counts_and_broken_text(tmp_path, monkeypatch):
    path = str(tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": ["x"], "o": [[0] * 1000]}), path)
    monkeypatch.setattr(tables, "MOST_VALUES", 999)
    assert "1,000 values of a column in one row group" in one_line(lambda: tables.open_table(path), DocumentError)
    pq.write_table(pa.table({"text": pa.array([b"\xff\xfe"]).view(pa.string())}), path)
    assert "Invalid UTF8" in one_line(lambda: list(tables.open_table(path).blocks()), DocumentError)
    pq.write_table(pa.Table.from_arrays([pa.array(["x"])] * 2, names=["text", "text"]), path)
    assert "two columns are named 'text'" in one_line(lambda: tables.open_table(path), DocumentError)


@pytest.mark.parametrize(
    ("column", "value"),
    [(name, value) for name in ("index", "start") for value in ("x", None, [1], 2**70, 1.5, True)]
    + [
        ("document", None),
        ("frames", "["),
        ("frames", ["x"]),
        ("frames", [[]]),
        ("frames", 3),
        ("unsure", ["x", None]),
        ("model", 3),
    ]
    + [("scores", value) for value in (None, {}, [], "x", {"harbour": "x"}, 3)],
)
def test_tags_of_strange_values(tmp_path, tiny, column, value):
    rows = [json.loads(line) for line in (KEPT / "tags.jsonl").read_text(encoding="utf-8").splitlines()]
    rows[1][column] = value
    path = write(tmp_path / "tags.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert one_line(lambda: migclass.read_tags([path], codebook=tiny.model.codebook), DocumentError)


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.1, "x", None])
def test_tags_of_strange_probabilities(tmp_path, tiny, score):
    row = json.loads((KEPT / "tags.jsonl").read_text(encoding="utf-8").splitlines()[0])
    row["scores"]["harvest"] = score
    path = write(tmp_path / "tags.jsonl", json.dumps(row) + "\n")
    assert "a probability from 0 to 1" in one_line(lambda: migclass.read_tags([path], codebook=tiny.model.codebook), DocumentError)


def test_many_rows_of_one_sentence(tmp_path, book):
    rows = [{"id": f"{i}", "text": "The border stayed closed that night, and nobody said why.", "frames": [], "poles": []} for i in range(20_000)]
    path = write(tmp_path / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert len(check_labels(read_labels(path, codebook=book))) == 19_999


@pytest.mark.parametrize("field", [{"letters": "3"}, {"hash": {}}, {"n": None}, {"start": "0"}, {"document": 3}, {"tail": []}])
def test_stand_off_labels_of_strange_values(tmp_path, book, field):
    row = {"document": "a", "n": 1, "letters": 3, "hash": "x", "head": "x", "tail": "x", "frames": [], "poles": []} | field
    (tmp_path / "documents").mkdir()
    write(tmp_path / "documents.toml", '[a]\nrole = "test"\n')
    write(tmp_path / "documents" / "a.jsonl", json.dumps(row) + "\n")
    assert f"'{next(iter(field))}' is" in one_line(lambda: read_standoff(book, folder=tmp_path), LabelError)


# --- model folders


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(KEPT / "model", tmp_path / "model")


def replace(folder, **files):
    """Replace files of a model folder, dots in their names written as _, and have model.json agree."""
    manifest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    for name, data in files.items():
        name = name.replace("_", ".")
        (folder / name).write_bytes(data)
        manifest["files"][name] = hashlib.sha256(data).hexdigest()
    (folder / "model.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("name", ["arrays.safetensors", "codebook.toml", "model.json", "ngrams.txt", "words.txt", "README.md"])
@pytest.mark.parametrize("agree", [False, True])
def test_a_flipped_bit_is_noticed_or_does_no_harm(folder, tiny, name, agree):
    """`python tests/fuzz/flips.py` flips every bit of every byte."""
    whole, texts = (folder / name).read_bytes(), ["The dockers left the quay.", ""]
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        if agree and name != "model.json":
            replace(folder, **{name.replace(".", "_"): bytes(data)})
        (folder / name).write_bytes(data)
        with suppress(ModelError):
            found = migclass.load(folder).predict_proba(texts)
            assert np.isfinite(found).all()
            assert agree or np.array_equal(found, tiny.predict_proba(texts))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("weights.words", lambda a: np.full_like(a, np.nan)),
        ("weights.words", lambda a: a.astype(np.float32)),
        ("weights.words", lambda a: a[:-1]),
        ("weights.words", lambda a: a.T.copy()),
        ("weights.pairs", lambda a: np.full_like(a, np.inf)),
        ("vocabulary.pairs", lambda a: a.astype(np.float64)),
        ("vocabulary.pairs", lambda a: a[:, None]),
        ("vocabulary.pairs", lambda a: np.full_like(a, -1)),
        ("vocabulary.pairs", lambda a: a[::-1].copy()),
        ("decision.scale", lambda a: a * np.float32(np.nan)),
        ("decision.threshold", lambda a: a.astype(np.int8)),
        ("decision.low", lambda a: a[:0]),
    ],
)
def test_arrays_that_do_not_fit(folder, name, change):
    arrays = safetensors.numpy.load((folder / "arrays.safetensors").read_bytes())
    replace(folder, arrays_safetensors=safetensors.numpy.save(arrays | {name: change(arrays[name])}))
    assert "damaged model folder" in one_line(lambda: migclass.load(folder), ModelError)


@pytest.mark.parametrize(
    "settings", [{"ngram_range": [1, 10**9]}, {"ngram_range": [0, 3]}, {"ngram_range": [5, 4]}, {"ngram_range": [1.0, 2.0]}, {"ngram_range": None}]
)
def test_settings_that_would_never_end(folder, settings):
    manifest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    write(folder / "model.json", json.dumps(manifest | {"settings": settings}))
    assert "damaged model folder" in one_line(lambda: migclass.load(folder), ModelError)


def test_a_name_that_would_fill_every_row(folder):
    manifest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    write(folder / "model.json", json.dumps(manifest | {"about": {"name": "x" * 10**6}}))
    assert "more than 200 characters" in one_line(lambda: migclass.load(folder), ModelError)


def test_a_network_that_is_none(tmp_path):
    pytest.importorskip("onnxruntime")
    from migclass.model import find_model

    folder = shutil.copytree(find_model("encoder"), tmp_path / "model")
    replace(folder, network_onnx=b"not a network", tokenizer_json=b"{}")
    tagger = migclass.load(folder)
    assert "damaged network or tokenizer" in one_line(lambda: tagger.predict_proba(["x"]), ModelError)


class Planted:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (Path(self.mark),)


# Tells of everything that runs code or opens a file while a model is loaded.
WATCH = """
import sys, migclass
migclass.load()  # what loading imports is there from now on
seen = []
sys.addaudithook(lambda event, args: seen.append((event, str(args[:1]))))
try:
    migclass.load(sys.argv[1]).predict_proba(["The dockers left."])
except migclass.ModelError as error:
    print(error)
for event, args in seen:
    if event in ("open", "exec", "compile", "import", "pickle.find_class", "subprocess.Popen", "os.system", "ctypes.dlopen", "socket.connect"):
        print(event, args)
"""


def test_loading_a_model_runs_no_code_and_opens_nothing_else(folder, tmp_path):
    mark = tmp_path / "mark"
    planted = pickle.dumps(Planted(str(mark)))
    for name in ("model.pkl", "arrays.npy", "weights.joblib", "quality.svg"):
        (folder / name).write_bytes(planted)
    for name in ("__init__.py", "numpy.py", "json.py", "migclass.py", "sitecustomize.py", "pypdfium2.py"):
        (folder / name).write_text(f"open({str(mark)!r}, 'w')", encoding="utf-8")
    manifest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    manifest["files"] |= {"../../mark": "0" * 64, "/etc/passwd": "0" * 64}
    manifest["settings"] |= {"file": "../../mark", "module": "os"}
    (folder / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    done = subprocess.run([sys.executable, "-P", "-c", WATCH, str(folder)], capture_output=True, text=True, check=True, cwd=folder)
    opened = {line.split(" ", 1)[0] + " " + Path(line.split("'")[1]).name for line in done.stdout.splitlines()}
    assert opened == {
        f"open {name}" for name in ("model.json", "arrays.safetensors", "codebook.toml", "words.txt", "ngrams.txt", "README.md", "quality.svg")
    }
    assert all(str(folder) in line for line in done.stdout.splitlines())
    replace(folder, arrays_safetensors=planted)
    assert "damaged model folder" in one_line(lambda: migclass.load(folder), ModelError)
    write(folder / "a.pdf", pdf(stream(b"BT /F1 9 Tf (ha) Tj ET")))
    code = "from migclass.documents import read_document; print(read_document('a.pdf').text)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    assert done.stdout.strip() == "ha"
    assert not mark.exists()


def test_the_page_on_security_has_every_limit():
    page = (Path(__file__).parent.parent / "SECURITY.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", page, flags=re.MULTILINE))
    assert told == {name: f"{value:,}" for name, value in vars(limits).items() if name.startswith("MOST_")}
