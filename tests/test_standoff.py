"""Stand-off labels are found again in copies that were extracted in other ways. The document here is ours."""

import json

import pytest
from conftest import ROOT

from migclass.errors import LabelError
from migclass.sentences import split_sentences
from migclass.standoff import Letters, as_json, make_label, read_copies, read_documents_list, read_standoff, resolve

TEXT = (ROOT / "examples" / "speech.txt").read_text(encoding="utf-8")
SPANS = split_sentences(TEXT)
LABELS = [make_label(s.text, document="speech", n=i, frames=(), poles=(), start=s.start, end=s.end) for i, s in enumerate(SPANS, 1)]


def found(text, name="speech"):
    return resolve(LABELS, {name: text})


def test_the_same_text_resolves_wholly():
    result = found(TEXT)
    assert (result.resolved, result.moved, result.missing) == (len(LABELS), 0, ())
    assert [row.text.rstrip("1") for row in result.sentences] == [span.text.rstrip("1").removeprefix("1 ") for span in SPANS]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: " ".join(text.split()),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("region", "re-\ngion").replace("thirsty", "thir\u00adsty"),
        lambda text: text.replace("'", "’").replace("-", "–"),
        lambda text: text.replace(". ", ".[7] "),
        lambda text: "Ministry of Everything - page 3\n\n" + text,
        lambda text: text.replace("first relief convoy", "first relief\n\nSTATEMENT TO THE CONFERENCE     7\n\nconvoy"),
        lambda text: text.upper(),
    ],
    ids=["line breaks", "carriage returns", "hyphens", "quotes", "footnotes", "head", "page header", "capitals"],
)
def test_it_survives_other_extractions(change):
    result = found(change(TEXT))
    assert result.missing == ()
    assert result.coverage == 1


def test_what_moved_is_counted_as_moved():
    assert found("A new first line.\n\n" + TEXT).moved == len(LABELS)


def test_what_is_not_there_is_missing():
    result = found(TEXT.replace("I will be brief.", ""))
    assert [label.n for label in result.missing] == [next(i for i, s in enumerate(SPANS, 1) if s.text == "I will be brief.")]
    assert result.coverage == pytest.approx(1 - 1 / len(LABELS))


def test_a_copy_under_another_name_is_recognised():
    other = "Nothing of the sort is said here, nor anywhere near it, and the letters differ throughout."
    assert resolve(LABELS, {"downloads (3)": TEXT, "other": other}).coverage == 1
    assert resolve(LABELS, {"other": other}).coverage == 0


def test_repeated_lines_are_taken_in_order():
    text = "Article 1\nStates shall act.\nArticle 1\nStates shall not act."
    labels = [make_label(line, document="d", n=i, frames=(), poles=()) for i, line in enumerate(text.split("\n"))]
    assert [row.text for row in resolve(labels, {"d": text}).sentences] == text.split("\n")


def test_labels_hold_no_words():
    for span, label in zip(SPANS, LABELS, strict=True):
        line = as_json(label)
        assert not [word for word in span.text.split() if len(word) > 4 and word in line]


def test_letters_map_back():
    letters = Letters("Ａ1 é-\nＢ")
    assert letters.letters == "aéb"
    assert [letters.text[place] for place in letters.places] == ["Ａ", "é", "Ｂ"]


def test_copies_from_folders_and_tables(tmp_path):
    (tmp_path / "a.txt").write_text("Some text.")
    (tmp_path / "skip.bin").write_bytes(b"\0")
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps({"document": d, "text": t}) + "\n" for d, t in (("x", "One."), ("y", "Two."), ("x", "Three.")))
    )
    assert read_copies([tmp_path]) == {"a": "Some text.", "x": "One.\n\nThree.", "y": "Two."}
    (tmp_path / "empty").mkdir()
    with pytest.raises(LabelError, match="no documents"):
        read_copies([tmp_path / "empty"])


def test_what_ships_is_listed_and_coded(book):
    listed = read_documents_list()
    labels = read_standoff(book)
    assert {path.stem for path in (ROOT / "labels" / "documents").glob("*.jsonl")} == set(listed)
    assert {entry["role"] for entry in listed.values()} == {label.role for label in labels}
    assert all({"title", "publisher", "date", "locators", "licence"} <= entry.keys() for entry in listed.values())
    assert all(label.coders for label in labels)


def test_real_sentences_resolve(real, book):
    labels = read_standoff(book, role="validation")
    assert resolve(labels, read_copies([real / "documents"])).coverage > 0.98
    copies = read_copies([real / "pool.jsonl"])
    own = [label for label in read_standoff(book, role="train") if label.document in copies]
    assert len(own) > 3000
    assert resolve(own, copies).coverage > 0.98


def test_broken_lists_and_rows(tmp_path, book):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents.toml").write_text('[a]\nrole = "fun"')
    with pytest.raises(LabelError, match="'role' must be one of"):
        read_standoff(book, folder=tmp_path)
    (tmp_path / "documents.toml").write_text('[a]\nrole = "train"')
    (tmp_path / "documents" / "b.jsonl").write_text("{}")
    with pytest.raises(LabelError, match=r"no entry \[b\]"):
        read_standoff(book, folder=tmp_path)
    (tmp_path / "documents" / "b.jsonl").rename(tmp_path / "documents" / "a.jsonl")
    with pytest.raises(LabelError, match=r"a\.jsonl:1: 'document' is None"):
        read_standoff(book, folder=tmp_path)
    (tmp_path / "documents.toml").write_text("[a\n")
    with pytest.raises(LabelError, match="not TOML"):
        read_standoff(book, folder=tmp_path)
