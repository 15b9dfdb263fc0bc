"""Small real files of every kind for fuzzing to begin with."""

import io
import tempfile
from pathlib import Path

import docx
import pyarrow as pa
import pyarrow.parquet as pq

import migclass
from migclass.standoff import as_json, make_label

TESTS = Path(__file__).resolve().parent.parent
KEPT = TESTS / "promises" / "format-2"
TINY = migclass.load(KEPT / "model")
TEXT = (
    "RESULTS\n\nMr. Obi spoke of the bor-\nder.1 It is shut – “Grüße”, he said. لاجئون \u202e移民 👩‍👧 Visas\u00ad were short…\r\n• one point\n"
    "• Art. 33 of it\x0c\n"
)
_PDF = [
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /XObject << /X0 6 0 R >> >> >>",
    b"<< /Length 66 >>\nstream\nBT /F1 12 Tf 20 200 Td (The border was closed.) Tj ET q /X0 Do Q\nendstream",
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 5 0 R >> >> /Length 24 >>\n"
    b"stream\nBT /F1 9 Tf (Ports.) Tj ET\nendstream",
]


def pdf() -> bytes:
    """Return a PDF of two pages."""
    body, places = b"%PDF-1.4\n", []
    for i, each in enumerate(_PDF, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (i, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + b"xref\n0 7\n0000000000 65535 f \n" + table + b"trailer << /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(body)


def word() -> bytes:
    """Return a Word document with a heading, paragraphs and a table."""
    document, file = docx.Document(), io.BytesIO()
    document.add_heading("Ports")
    document.add_paragraph("The border was closed. Nurses left.")
    document.add_table(2, 2).rows[0].cells[0].text = "In a table."
    document.save(file)
    return file.getvalue()


def make_seeds() -> dict[str, bytes]:
    """Return what each kind of file looks like when it is whole, by name."""
    seeds = {name: (KEPT / name).read_bytes() for name in ("codebook.toml", "labels.jsonl", "tags.jsonl", "tags.csv", "tags.parquet")}
    seeds |= {"text": TEXT.encode(), "pdf": pdf(), "docx": word()}
    seeds["md"] = (
        b"---\ntitle: x\nlist:\n- y\n---\n# Border *news*\n\nThe [act](http://x.org) `passed`.\n\n> quoted\n\n| a | b |\n|---|---|\n| one | two |\n"
    )
    paragraph = "<p>Paragraph {} says that wages &amp; rents rose in the province, and that <b>nobody</b> left.</p>"
    body = "".join(map(paragraph.format, range(5)))
    seeds["html"] = (
        f"<!DOCTYPE html><html><head><meta charset=utf-8></head><body><nav><a href=/>Home</a></nav><article>{body}</article></body></html>".encode()
    )
    rows = [{"text": "The border was closed. It rained.", "year": 1999, "x": None}, {"text": "Grüße, he said.", "year": 2001, "x": "=1+1"}]
    table = pa.Table.from_pylist(rows)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    seeds["table.parquet"] = sink.getvalue()
    seeds["table.csv"] = 'text,year,x\n"The border, was ""closed"".\nIt rained.",1999,\nGrüße,2001,=1+1\n'.encode()
    seeds["table.tsv"] = seeds["table.csv"].replace(b",", b"\t")
    seeds["table.jsonl"] = b'{"text": "The border was closed.", "year": 1999, "x": [1]}\n{"text": null, "year": 10, "x": {"a": "b"}}\n'
    seeds["behaviour"] = (
        b'[[case]]\nid = "a"\ncapability = "homonyms"\nsame = "frames"\n[[case.sentence]]\n'
        b'text = "A harvest of data."\nhas = []\nlacks = ["harvest"]\n'
    )
    seeds["documents"] = b'[a]\ntitle = "A text"\nrole = "test"\n'
    label = make_label("The border was closed.", document="a", n=1, frames=("harbour",), poles=(), start=0, end=22)
    seeds["standoff"] = (as_json(label) + "\n").encode()
    tags = read_tags()
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("csv", "xlsx"):
            migclass.write_sheet(Path(folder, f"sheet.{kind}"), tags, migclass.draw_audit(tags, 12))
            seeds[f"sheet.{kind}"] = Path(folder, f"sheet.{kind}").read_bytes()
    return seeds


def read_tags() -> migclass.TaggedSentences:
    """Return the tags that the sheets were drawn from."""
    return migclass.read_tags([KEPT / "tags.parquet"], codebook=TINY.model.codebook)


def read_model() -> dict[str, bytes]:
    """Return the files of a small model by name."""
    return {path.name: path.read_bytes() for path in (KEPT / "model").iterdir()}
