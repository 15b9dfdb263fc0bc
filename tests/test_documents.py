import io
import json

import docx
import pyarrow as pa
import pyarrow.parquet as pq
import pypdfium2
import pytest

from migclass.documents import check_readable, read_documents, read_meta
from migclass.errors import DocumentError


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def read(path, **options):
    return list(read_documents(path, **options))


def pdf_with(text):
    """A one-page PDF; an empty text makes a page without a text layer."""
    pdf = pypdfium2.PdfDocument.new()
    pdf.new_page(300, 300)
    if not text:
        buffer = io.BytesIO()
        pdf.save(buffer)
        return buffer.getvalue()
    stream = f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for i, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (i, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + b"xref\n0 6\n0000000000 65535 f \n" + table + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(body)


def word_with(*paragraphs):
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.add_table(1, 1).rows[0].cells[0].text = "In a table."
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_text_with_and_without_marks(tmp_path):
    for data in ("Grüße.\r\nNext.".encode(), b"\xef\xbb\xbf" + "Grüße.\nNext.".encode(), "Grüße.\nNext.".encode("utf-16")):
        assert read(write(tmp_path / "a.txt", data))[0].text == "Grüße.\nNext."
    assert read(write(tmp_path / "a.txt", "Grüße".encode("latin-1")), encoding="latin-1")[0].text == "Grüße"


def test_markdown(tmp_path):
    source = "---\ntitle: x\n---\n# Border *news*\n\nThe [act](http://x.org) passed\nlast week.\n\n```\ncode = 1\n```\n"
    source += "\n| a | b |\n|---|---|\n| one | two |\n"
    text = read(write(tmp_path / "a.md", source))[0].text
    assert text == "Border news\n\nThe act passed last week.\n\na\n\nb\n\none\n\ntwo"


def test_html_keeps_the_main_text(tmp_path):
    paragraphs = "".join(f"<p>Paragraph {i} says that wages rose in the province last year, and that nobody left.</p>" for i in range(5))
    page = f"<html><body><nav><a href='/'>Home</a></nav><article><h1>Wages</h1>{paragraphs}</article><script>alert(1)</script></body></html>"
    document = read(write(tmp_path / "a.html", page))[0]
    assert "Paragraph 4 says" in document.text
    assert "alert" not in document.text
    assert document.extractor.startswith("trafilatura")


def test_word_and_pdf(tmp_path):
    document = read(write(tmp_path / "a.docx", word_with("First.", "Second.")))[0]
    assert document.text == "First.\n\nSecond.\n\nIn a table."
    document = read(write(tmp_path / "a.pdf", pdf_with("The border was closed.")))[0]
    assert document.text.strip() == "The border was closed."
    assert document.extraction.startswith("pypdfium2")


def test_merged_cells_are_read_once(tmp_path):
    document = docx.Document()
    row = document.add_table(1, 3).rows[0]
    row.cells[0].merge(row.cells[2]).text = "Once."
    document.save(tmp_path / "a.docx")
    assert read(str(tmp_path / "a.docx"))[0].text.split() == ["Once."]


def test_a_rule_is_no_front_matter(tmp_path):
    assert read(write(tmp_path / "a.md", "---\n\nFirst half, it said.\n\n---\n\nSecond half.\n"))[0].text == "First half, it said.\n\nSecond half."


def test_marks_of_encodings(tmp_path):
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        assert read(write(tmp_path / "a.txt", "Grüße.".encode(encoding)))[0].text == "Grüße."
    for encoding in ("punycode", "undefined"):
        with pytest.raises(DocumentError):
            read(write(tmp_path / "a.txt", "Grüße."), encoding=encoding)


def test_tables_carry_their_columns(tmp_path):
    rows = [{"text": "One.", "year": 1999}, {"text": None, "year": 2000}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    write(tmp_path / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    for name in ("a.parquet", "a.jsonl"):
        documents = read(str(tmp_path / name))
        assert [(d.text, d.columns) for d in documents] == [("One.", {"year": 1999}), ("", {"year": 2000})]
        assert documents[1].name.endswith("#2")
    write(tmp_path / "b.jsonl", '{"text": "One.", "a": 1}\n{"text": "Two.", "b": 2}\n')
    assert [d.columns for d in read(str(tmp_path / "b.jsonl"))] == [{"a": 1, "b": None}, {"a": None, "b": 2}]
    csv = write(tmp_path / "a.csv", 'body,year\n"One, with\na break.",1999\n')
    assert [(d.text, d.columns) for d in read(csv, text_column="body")] == [("One, with\na break.", {"year": "1999"})]
    assert read(write(tmp_path / "a.tsv", "text\tyear\nOne.\t1999\n"))[0].columns == {"year": "1999"}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"", "no text in it"),
        ("a.txt", b" \n ", "no text in it"),
        ("a.txt", b"\x00\x01\x02\x00", "binary"),
        ("a.txt", "line\nGrüße".encode("latin-1"), "line 2: byte 0xfc is not utf-8"),
        ("a.pdf", b"", "no text in it"),
        ("a.pdf", b"hello", "damaged or no PDF"),
        ("a.pdf", pdf_with(""), "1 pages without a text layer"),
        ("a.docx", b"PK\x03\x04nothing", "can't be read as a Word document"),
        ("a.doc", b"\xd0\xcf\x11\xe0", ".doc files are not read"),
        ("a.html", b"", "no text in it"),
        ("a.html", b"<html><body></body></html>", "no main text found"),
        ("a.csv", b"", "no rows"),
        ("a.csv", b"text,year\n", "no rows"),
        ("a.csv", b"body,year\nx,1\n", r"no column 'text' \(columns: body, year\)"),
        ("a.csv", b"text,year\nx\n", "line 2: 1 fields, expected 2"),
        ("a.csv", b"text,text\nx,y\n", "two columns are named 'text'"),
        ("a.jsonl", b'{"text": "x"}\n{"text": \n', "line 2: not JSON"),
        ("a.jsonl", b"[1]\n", "line 1: a JSON list"),
        ("a.jsonl", b'{"text": 5}\n', "holds int, expected text"),
        ("a.parquet", b"PAR1", "can't be read as Parquet"),
    ],
)
def test_bad_files_get_one_line(tmp_path, name, data, message):
    path = write(tmp_path / name, data)
    with pytest.raises(DocumentError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(path)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(DocumentError, match="no such file"):
        check_readable([str(tmp_path / "none.txt")])
    with pytest.raises(DocumentError, match="is a folder"):
        check_readable([str(tmp_path)])
    with pytest.raises(DocumentError, match="no such file"):
        read(str(tmp_path / "none.txt"))
    with pytest.raises(DocumentError, match="unknown encoding"):
        read(write(tmp_path / "a.txt", "x"), encoding="klingon")


def test_meta_joins_by_name(tmp_path):
    table = write(tmp_path / "m.csv", "file,year,source\na.txt,1999,Post\nb,2001,Times\n")
    assert read_meta(table, ["x/a.txt", "b.pdf"]) == {"x/a.txt": {"year": "1999", "source": "Post"}, "b.pdf": {"year": "2001", "source": "Times"}}
    with pytest.raises(DocumentError, match=r"no row for 'c\.txt'"):
        read_meta(table, ["c.txt"])
    with pytest.raises(DocumentError, match="two rows"):
        read_meta(write(tmp_path / "d.csv", "file,year\na.txt,1\na.txt,2\n"), ["a.txt"])
