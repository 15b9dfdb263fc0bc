import pytest

from migclass.decoding import decode, read_lines
from migclass.errors import DocumentError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_lines_of_any_encoding(tmp_path, encoding):
    text = "Grüße\u0085.\r\n\nZweite\n" + "é" * 10_000 + "\nohne Ende"
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    lines, read = zip(*read_lines(str(path), encoding), strict=True)
    assert "".join(lines) == text.replace("\r\n", "\n") == decode(path.read_bytes(), "a.txt", encoding)
    assert lines[0] == "Grüße\u0085.\n"
    assert list(read) == sorted(read)
    assert read[-1] == path.stat().st_size


@pytest.mark.parametrize("before", [0, 5, 5000])
def test_a_wrong_byte_is_named_by_its_line(tmp_path, before):
    data = b"a line of text\n" * before + "Grüße\n".encode("latin-1")
    (tmp_path / "a.txt").write_bytes(data)
    message = rf"line {before + 1}: byte 0xfc is not utf-8"
    with pytest.raises(DocumentError, match=message):
        list(read_lines(str(tmp_path / "a.txt"), "utf-8"))
    with pytest.raises(DocumentError, match=message):
        decode(data, "a.txt", "utf-8")


def test_no_such_encoding_and_no_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x")
    with pytest.raises(DocumentError, match="unknown encoding 'klingon'"):
        list(read_lines(str(tmp_path / "a.txt"), "klingon"))
    (tmp_path / "a.txt").write_bytes(b"\x7fELF\0")
    with pytest.raises(DocumentError, match="looks like a binary file"):
        list(read_lines(str(tmp_path / "a.txt"), "utf-8"))
