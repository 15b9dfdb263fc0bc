"""Sentences to coders and back, in the files of each tool."""

import csv
import io
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from conftest import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from migclass import export_labels, import_labels
from migclass.agreement import agreement
from migclass.cli import main
from migclass.codebook import load_codebook, parse_codebook
from migclass.errors import LabelError, OutputError
from migclass.exchange import FORMATS
from migclass.exchange.merging import UNNAMED, undecided
from migclass.exchange.sentences import read_sentences
from migclass.labels import LabelledSentence, as_json, targets

SUFFIXES = dict(zip(FORMATS, (".csv", ".xlsx", ".json", ".jsonl", ".jsonl"), strict=True))
POOL = ROOT / "examples" / "coding" / "sentences.jsonl"
BOOK = load_codebook()
FRAME, POLE = BOOK.frame_ids[0], BOOK.pole_ids[0]

# Any character at all, halves of surrogate pairs too, behind what spreadsheets take for a formula.
words = st.builds("{}{}".format, st.sampled_from(["", "=", "+", "-", "@", "\t=", "\r", "'=", '"', "\ufeff", "0012", "1e5"]), st.text(st.characters()))
codes = st.lists(st.sampled_from(BOOK.codes), unique=True).map(tuple)


@st.composite
def label_rows(draw):
    number = draw(st.integers(1, 4))
    return [
        LabelledSentence(
            text=draw(words.filter(str.strip)),
            frames=draw(st.lists(st.sampled_from(BOOK.frame_ids), unique=True).map(tuple)),
            poles=draw(st.lists(st.sampled_from(BOOK.pole_ids), unique=True).map(tuple)),
            id=f"{i}{draw(words)}",
            passage=f"p{draw(words)}",
            n=draw(st.integers(-(10**6), 10**6)),
            genre=draw(words),
            split=draw(st.sampled_from(["train", "validation", "test"])),
            source=draw(words),
            coders=draw(st.dictionaries(words, codes, max_size=3)),
            coded=draw(st.none() | codes),
            unjudged=draw(st.dictionaries(words, codes, max_size=2)),
            note=draw(words),
        )
        for i in range(number)
    ]


def write_rows(path, rows):
    path.write_bytes(b"".join((as_json(row) + "\n").encode("utf-8", "backslashreplace") for row in rows))
    return path


@pytest.mark.parametrize("kind", FORMATS)
@settings(deadline=None, max_examples=30)
@example(rows=[LabelledSentence("=" + "é\U0001f6f6 " * 12_000, (FRAME,), (), id="long", passage="p")])
@given(rows=label_rows())
def test_every_row_comes_back_as_it_went(kind, rows):
    with tempfile.TemporaryDirectory() as folder:
        source, path = write_rows(Path(folder, "labels.jsonl"), rows), Path(folder, f"out{SUFFIXES[kind]}")
        export_labels(source, path, to=kind)
        assert import_labels([path]) == rows
        if kind == "csv":
            cells = [cell for row in read_cells(path) for cell in row]
            assert not [cell for cell in cells if cell[:1] in {*"=+-@\t\r\n"}]
            assert not [cell for cell in cells if len(cell) > 32_767]


def read_cells(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


@pytest.fixture
def sheet(tmp_path):
    """Make a sheet of the example's six sentences, or of other rows, with marks by the place of the row and the column."""

    def fill(name, marks, source=POOL):
        path = tmp_path / f"{name}.csv"
        export_labels(source, path, to="csv")
        rows = read_cells(path)
        for (row, column), mark in marks.items():
            rows[row][rows[0].index(column)] = mark
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows(rows)
        return path

    return fill


def by_id(rows):
    return {row.id: row for row in rows}


def test_ids_are_given_or_come_from_the_passage_or_the_text(tmp_path):
    path = tmp_path / "pool.jsonl"
    lines = [{"text": "One.", "id": "mine"}, {"text": "Two.", "passage": "p", "n": 7}, {"text": "Three.", "passage": "p"}, {"text": "Four."}]
    path.write_text("".join(json.dumps(line) + "\n" for line in [*lines, lines[3]]), encoding="utf-8")
    ids = [row.id for row in read_sentences(path, BOOK)]
    assert ids == ["mine", "p-7", "s-43c4d94ea2cd", "s-2f7820a5325d", "s-2f7820a5325d-2"]
    path.write_text(json.dumps(lines[3]), encoding="utf-8")
    assert [row.id for row in read_sentences(path, BOOK)] == ["s-2f7820a5325d"]


def test_bare_sentences_are_not_judged(tmp_path):
    export_labels(POOL, tmp_path / "out.csv", to="csv")
    rows = import_labels([tmp_path / "out.csv"])
    assert {row.coded for row in rows} == {()}
    assert rows[1].passage == "k1"


def test_coders_see_neighbours_and_nothing_that_was_said(tmp_path):
    rows = [replace(row, frames=BOOK.frame_ids, coded=None, note="a secret") for row in read_sentences(POOL, BOOK)]
    source = write_rows(tmp_path / "labels.jsonl", rows)
    for kind, suffix in SUFFIXES.items():
        export_labels(source, tmp_path / f"{kind}{suffix}", to=kind)
    head, *cells = read_cells(tmp_path / "csv.csv")
    assert {row[head.index(code)] for row in cells for code in BOOK.codes} == {""}
    task = json.loads((tmp_path / "label-studio.json").read_text(encoding="utf-8"))[1]["data"]
    assert (task["before"], task["text"]) == (rows[0].text, rows[1].text)
    assert json.loads((tmp_path / "doccano.jsonl").read_text(encoding="utf-8").split("\n")[0])["label"] == []
    meta = json.loads((tmp_path / "prodigy.jsonl").read_text(encoding="utf-8").split("\n")[1])["meta"]
    assert meta["before"] == rows[0].text
    assert not [path for path in tmp_path.glob("*.*s*") if path != source and b"a secret" in path.read_bytes()]


def test_xlsx_has_the_codebook_and_hides_the_packed_rows(tmp_path):
    export_labels(POOL, tmp_path / "out.xlsx", to="xlsx")
    workbook = load_workbook(tmp_path / "out.xlsx")
    page = workbook["coding"]
    assert [page[f"{letter}1"].value for letter, column in page.column_dimensions.items() if column.hidden] == ["row"]
    assert len(page.data_validations.dataValidation) == len(BOOK.codes)
    assert workbook["codebook"]["A2"].value == BOOK.codes[0]


def test_sheets_of_two_coders_are_put_together(sheet):
    codes = [*BOOK.codes[:3]]
    zeros = {(1, code): "0" for code in codes}
    anna = sheet("anna", {**zeros, (2, codes[0]): "1", (3, codes[1]): "x", (3, "comment"): "not sure"})
    ben = sheet("ben", {(1, codes[0]): "1", (2, codes[0]): "1", (3, codes[0]): "0", (3, "comment"): "clear"})
    rows = import_labels([anna, ben])
    assert [row.codes for row in rows[:3]] == [(), (codes[0],), (codes[1],)]
    assert undecided(rows[0]) == (codes[0],)
    assert rows[0].coded == tuple(codes[1:])
    assert rows[0].unjudged == {"ben": tuple(codes[1:])}
    assert rows[1].coders == {"anna": (codes[0],), "ben": (codes[0],)}
    assert rows[2].note == "anna: not sure\nben: clear"
    assert [row.coded for row in rows[3:]] == [(), (), ()]


def test_what_a_coder_did_not_judge_counts_nowhere_as_a_no(sheet):
    first, second = BOOK.codes[:2]
    rows = import_labels([sheet("anna", {(1, first): "1", (1, second): "1"}), sheet("ben", {(1, first): "1"})])
    said = {coder: targets(rows, BOOK, coder=coder)[0, :3].tolist() for coder in ("anna", "ben")}
    assert said["anna"][:2] == [1, 1]
    assert said["ben"][0] == 1
    assert said["ben"][1] != said["ben"][1]  # nan
    assert said["anna"][2] != said["anna"][2]


def test_disagreement_stays_seen_by_agreement(sheet):
    first = BOOK.codes[0]
    anna = sheet("anna", {(i, first): str(int(i < 4)) for i in range(1, 7)})
    ben = sheet("ben", {(i, first): str(int(i < 3)) for i in range(1, 7)})
    rows = import_labels([anna, ben])
    assert [bool(undecided(row)) for row in rows] == [False, False, True, False, False, False]
    assert agreement(rows, BOOK).codes[0].alpha == pytest.approx(1 - 11 * 2 / (2 * 5 * 7))


def test_a_third_coder_decides_and_all_must_agree_if_so_asked(sheet):
    first = BOOK.codes[0]
    paths = [sheet(name, {(1, first): mark}) for name, mark in (("anna", "1"), ("ben", "0"), ("cleo", "1"))]
    assert import_labels(paths)[0].codes == (first,)
    assert undecided(import_labels(paths, rule="all")[0]) == (first,)


def test_a_tie_can_be_sent_out_again(sheet, tmp_path):
    first, second = BOOK.codes[:2]
    pair = [sheet("anna", {(1, first): "1", (1, second): "0"}), sheet("ben", {(1, first): "0"})]
    source = write_rows(tmp_path / "pair.jsonl", import_labels(pair))
    later = sheet("later", {(1, first): "1"}, source)
    assert import_labels([later], coders={"later": "cleo"}) == import_labels([*pair, sheet("cleo", {(1, first): "1"})])


def test_codes_that_a_row_has_count_as_a_coder_and_new_codes_are_added(sheet, tmp_path):
    first, second = BOOK.codes[:2]
    source = write_rows(tmp_path / "labels.jsonl", [LabelledSentence("It rained.", (first,), (), id="a", passage="a", coded=(first,))])
    (row,) = import_labels([sheet("anna", {(1, second): "1"}, source)])
    assert row.coders == {"anna": (second,), UNNAMED: (first,)}
    assert (row.codes, row.coded) == ((first, second), (first, second))
    assert row.unjudged == {"anna": (first,), UNNAMED: (second,)}


def test_what_is_empty_is_a_no_only_if_so_said(sheet):
    first = BOOK.codes[0]
    anna = sheet("anna", {(1, first): "1"})
    assert [row.coded for row in import_labels([anna])] == [(first,), (), (), (), (), ()]
    assert [row.coded for row in import_labels([anna], empty_is_none=True)] == [None] * 6


def test_codes_that_were_not_asked_for_are_unknown(tmp_path):
    export_labels(POOL, tmp_path / "out.jsonl", to="prodigy")
    answer_prodigy(tmp_path / "out.jsonl", lambda task: {"accept": [], "answer": "accept"})
    block = '\n[[frame]]\nid = "health"\nname = "Health"\ncoded = "care"\n'
    wider = parse_codebook(BOOK.source.replace("\n[[tension]]", block + "\n[[tension]]", 1))
    assert import_labels([tmp_path / "out.jsonl"], codebook=wider)[0].coded == BOOK.codes


# Label Studio: made by Label Studio 1.23.2 itself, from our export of the example, by two users.


@pytest.mark.parametrize("name", ["label-studio-1.23.2.json", "label-studio-1.23.2-min.json"])
def test_exports_of_label_studio(name):
    rows = by_id(import_labels([ROOT / "tests" / "data" / name], coders={"1": "anna", "3": "berta"}))
    assert rows.keys() == {row.id for row in read_sentences(POOL, BOOK)}
    assert rows["k1-1"].coders == {"anna": (), "berta": ()}
    assert rows["k1-1"].coded is None
    assert rows["k1-2"].codes == ("security", "control")
    assert rows["k1-2"].note == "anna: the governor's act, not the writer's"
    assert undecided(rows["k1-3"]) == ("obligation",)
    assert rows["k2-2"].coders == {"anna": ("development", "labour", "benefit")}  # Berta skipped it
    assert rows["s-7963577fd954"].text.startswith("=We need")


def test_users_of_label_studio_may_come_with_their_address(tmp_path):
    tasks = json.loads((ROOT / "tests" / "data" / "label-studio-1.23.2.json").read_text(encoding="utf-8"))
    for own in (own for task in tasks for own in task["annotations"]):
        own["completed_by"] = {"id": own["completed_by"], "email": f"user{own['completed_by']}@example.org", "first_name": "", "last_name": ""}
    (tmp_path / "out.json").write_text(json.dumps(tasks), encoding="utf-8")
    assert import_labels([tmp_path / "out.json"])[0].coders == {"user1@example.org": (), "user3@example.org": ()}


def test_the_labelling_configuration_offers_every_code(tmp_path):
    written = export_labels(POOL, tmp_path / "out.json", to="label-studio")
    assert written == [tmp_path / "out.json", tmp_path / "out.config.xml"]
    choices = ElementTree.parse(written[1]).iter("Choice")
    assert [(choice.get("value"), choice.get("hint")) for choice in choices] == [(code.id, code.coded) for code in BOOK.entries]


# doccano and Prodigy: their documented formats, on our export.


def test_exports_of_doccano(tmp_path):
    _, labels = export_labels(POOL, tmp_path / "ben.jsonl", to="doccano")
    assert [label["text"] for label in json.loads(labels.read_text(encoding="utf-8"))] == list(BOOK.codes)
    lines = [json.loads(line) for line in (tmp_path / "ben.jsonl").read_text(encoding="utf-8").splitlines()]
    for i, line in enumerate(lines):
        line |= {"id": 4_000 + i, "label": sorted([FRAME, POLE]) if i == 0 else [], "Comments": ["first", "second"] if i == 0 else []}
    (tmp_path / "ben.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    rows = import_labels([tmp_path / "ben.jsonl"])
    assert (rows[0].coders, rows[0].coded) == ({"ben": (FRAME, POLE)}, None)
    assert rows[0].note == "ben: first; second"
    assert rows[1].coded == ()
    assert import_labels([tmp_path / "ben.jsonl"], empty_is_none=True)[1].coders == {"ben": ()}


def answer_prodigy(path, answer):
    tasks = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    hashes = {"_input_hash": -1, "_task_hash": 2, "_view_id": "choice", "_timestamp": 1_700_000_000}
    path.write_text("\n".join(json.dumps(task | hashes | answer(task)) for task in tasks), encoding="utf-8")


@pytest.mark.parametrize(("annotator", "coder"), [("news-anna", "news-anna"), ("2026-11-22_10-11-12", "out"), (None, "out")])
def test_exports_of_prodigy(tmp_path, annotator, coder):
    path = tmp_path / "out.jsonl"
    export_labels(POOL, path, to="prodigy")
    answers = {"k1-1": ("accept", [FRAME]), "k1-2": ("accept", []), "k1-3": ("reject", [FRAME]), "k2-1": ("ignore", [])}
    named = {"_annotator_id": annotator, "_session_id": annotator} if annotator else {}
    said = {id_: {"answer": answer, "accept": accept, "comment": "look"} | named for id_, (answer, accept) in answers.items()}
    answer_prodigy(path, lambda task: said.get(task["meta"]["id"], {}))
    rows = import_labels([path])
    assert [row.coders for row in rows] == [{coder: (FRAME,)}, {coder: ()}, {}, {}, {}, {}]
    assert [row.coded for row in rows] == [None, None, (), (), (), ()]
    assert rows[2].note == f"{coder}: look"


# What can be wrong.


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ((1, FRAME, "maybe"), "row 2: column 'development' holds 'maybe'; expected 1 or 0"),
        ((1, "sentence", "Other."), "row 2: sentence 'k1-1' reads 'Other.', was sent out as 'The ferry"),
        ((1, "id", "k9"), "row 2: the id is 'k9', was sent out as 'k1-1'"),
        ((1, "row", "~eyJ"), "row 2: 'row' is missing or damaged; expected what `migclass labels export` wrote there"),
        ((1, "row", ""), "row 2: 'row' is missing or damaged"),
        ((0, "row", "other"), "no column 'row'; expected a sheet that `migclass labels export` wrote for this codebook"),
    ],
)
def test_broken_sheets_are_refused_in_one_line(sheet, cell, message):
    row, column, value = cell
    with pytest.raises(LabelError, match=message):
        import_labels([sheet("anna", {(row, column): value})])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.json", "{}", "a JSON dict; expected Label Studio's export as JSON, a list of tasks"),
        ("x.json", "[", "not JSON"),
        ("x.json", "[1]", "task 1: not as Label Studio writes it"),
        ("x.json", '[{"data": {"text": "A"}, "annotations": [{}]}]', "task 1: not as Label Studio writes it"),
        ("x.json", '[{"data": {"text": "A"}}]', "task 1: 'row' is missing or damaged"),
        ("x.jsonl", '{"text": "A", "label": []}', "x.jsonl:1: 'row' is missing or damaged"),
        ("x.txt", "", "no format of this suffix; expected one of .csv, .json, .jsonl, .xlsx"),
    ],
)
def test_files_that_are_none_of_ours_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(LabelError, match=message):
        import_labels([tmp_path / name])


def test_unknown_formats_and_rules_are_refused(tmp_path):
    with pytest.raises(LabelError, match="no format 'brat'; expected one of csv, xlsx, label-studio, doccano, prodigy"):
        export_labels(POOL, tmp_path / "out.ann", to="brat")
    with pytest.raises(LabelError, match="no rule 'any'; expected one of majority, all"):
        import_labels([ROOT / "examples" / "coding" / "anna.csv"], rule="any")


def test_unknown_choices_are_refused(tmp_path):
    export_labels(POOL, tmp_path / "out.jsonl", to="prodigy")
    answer_prodigy(tmp_path / "out.jsonl", lambda task: {"accept": ["health"], "answer": "accept"})
    with pytest.raises(LabelError, match=r"out.jsonl:1: unknown choice 'health'; expected one of development"):
        import_labels([tmp_path / "out.jsonl"])


def test_one_coder_can_not_say_two_things(sheet, tmp_path):
    yes, no = sheet("anna", {(1, FRAME): "1"}), sheet("ben", {(1, FRAME): "0"})
    assert import_labels([yes, yes])[0].coders == {"anna": (FRAME,)}
    with pytest.raises(LabelError, match=r"ben.csv: row 2: sentence 'k1-1' was coded otherwise by 'anna' at .*anna.csv: row 2; keep one"):
        import_labels([yes, no], coders={"ben": "anna"})


def test_two_sentences_can_not_have_one_id(tmp_path):
    paths = []
    for name in ("a", "b"):
        source = tmp_path / f"{name}.jsonl"
        source.write_text(json.dumps({"id": "one", "text": f"Sentence {name}."}) + "\n", encoding="utf-8")
        paths.append(tmp_path / f"{name}.csv")
        export_labels(source, paths[-1], to="csv")
    with pytest.raises(LabelError, match="sentence 'one' is another than at"):
        import_labels(paths)
    source.write_text(source.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(LabelError, match=r"b.jsonl:2: id 'one' is that of .*b.jsonl:1 too; ids must differ"):
        export_labels(source, tmp_path / "c.csv", to="csv")


@pytest.mark.parametrize(("kind", "beside"), [("label-studio", "out.config.xml"), ("doccano", "out.labels.json")])
def test_nothing_is_replaced_unless_forced(tmp_path, kind, beside):
    path = tmp_path / f"out{SUFFIXES[kind]}"
    (tmp_path / beside).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="exists already"):
        export_labels(POOL, path, to=kind)
    assert [file.name for file in tmp_path.iterdir()] == [beside]
    export_labels(POOL, path, to=kind, force=True)
    with pytest.raises(OutputError, match=r"not a file for csv; name one that ends in \.csv"):
        export_labels(POOL, tmp_path / "out.txt", to="csv")


# The commands.


def run(*arguments, code=0):
    done = CliRunner().invoke(main, ["labels", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def test_the_commands_go_out_and_back(tmp_path, sheet):
    out, labels = tmp_path / "out.xlsx", tmp_path / "labels.jsonl"
    assert run("export", POOL, "--to", "xlsx", "-o", out).stderr == f"{out}: written\n"
    done = run("import", out, sheet("ben", {(1, FRAME): "1"}), sheet("cleo", {(1, FRAME): "0"}), "--coder", "cleo=Cleo", "-o", labels)
    said = done.stderr.splitlines()
    assert said[0] == f"{labels}: 6 sentences, coded by Cleo: 1; ben: 1"
    assert said[1].startswith("judged by nobody, so unknown: security, rights,")
    assert said[2] == "coders disagree, so unknown: 1 of the codes that they gave"
    assert read_sentences(labels, BOOK)[0].coders == {"Cleo": (), "ben": (FRAME,)}
    assert "exists already" in run("import", out, "-o", labels, code=1).stderr
    assert f"{labels}: 6 sentences, none coded\n" in run("import", out, "-o", labels, "--force").stderr


def test_one_name_is_for_one_file(tmp_path, sheet):
    first, second = sheet("a", {(1, FRAME): "1"}), sheet("b", {(1, FRAME): "1"})
    run("import", first, "--coder", "Anna", "-o", tmp_path / "one.jsonl")
    assert read_sentences(tmp_path / "one.jsonl", BOOK)[0].coders == {"Anna": (FRAME,)}
    assert "which of the 2 files?" in run("import", first, second, "--coder", "Anna", "-o", tmp_path / "two.jsonl", code=2).stderr
    assert "is read as well" in run("export", first, "--to", "csv", "-o", first, code=1).stderr
