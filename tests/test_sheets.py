import csv
import io

import numpy as np
import pyarrow as pa
import pytest
from openpyxl import Workbook, load_workbook

from migclass.audits import draw_audit
from migclass.errors import DocumentError, LabelError, OutputError
from migclass.sheets import head, read_sheet, write_sheet
from migclass.tagfiles import TaggedSentences

TEXTS = [
    "The border was closed.",
    '=HYPERLINK("http://a.example","click")',
    "+41 are the first digits.",
    "- one point of a list",
    "@all of you, listen",
    "'=already quoted",
    'Two\nlines and\ttabs,\x0b "quotes"; and semicolons.',
    "Überall fehlen Kräfte – überall.",
    "x" * 40_000,
    *(f"Sentence {i} of many." for i in range(21)),
]


@pytest.fixture
def tags(book):
    marks = np.zeros((len(TEXTS), len(book.codes)), bool)
    scores = np.random.default_rng(0).random(marks.shape).astype(np.float32)
    columns = {"document": ["=a.txt"] * 15 + ["2015"] * 15, "index": [*range(15), *range(15)], "text": TEXTS}
    return TaggedSentences(pa.table(columns), marks, marks, scores, book, "model hash")


@pytest.fixture(params=["csv", "xlsx"])
def sheet(request, tmp_path, tags):
    path = tmp_path / f"sheet.{request.param}"
    write_sheet(path, tags, draw_audit(tags, 20))
    return path


def read_cells(path):
    if path.suffix == ".csv":
        return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    return [["" if cell is None else cell for cell in row] for row in load_workbook(path).worksheets[0].iter_rows(values_only=True)]


def write_cells(path, rows):
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(rows)
        return
    workbook = Workbook()
    for row in rows:
        workbook.active.append([None if cell == "" else cell for cell in row])
    workbook.save(path)


def change(path, row, column, value):
    rows = read_cells(path)
    rows[row][rows[0].index(column)] = value
    write_cells(path, rows)
    return rows


def test_a_sheet_comes_back_as_it_went(sheet, tags):
    drawn, found = draw_audit(tags, 20), read_sheet(sheet, tags)
    assert found.rows.tolist() == drawn.rows.tolist()
    np.testing.assert_allclose(found.probability, drawn.probability)
    assert found.stratum.tolist() == drawn.stratum.tolist()
    assert np.isnan(found.coded).all()


def test_every_text_survives_a_spreadsheet(sheet, tags, tmp_path):
    every = tmp_path / f"every{sheet.suffix}"
    write_sheet(every, tags, draw_audit(tags, 30))
    write_cells(every, read_cells(every))
    assert sorted(read_sheet(every, tags).rows.tolist()) == list(range(30))


def test_nothing_of_the_machine_is_in_a_sheet(sheet, tags):
    rows = read_cells(sheet)
    assert rows[0] == head(tags.codebook)
    codes = [rows[0].index(code) for code in tags.codebook.codes]
    assert {row[i] for row in rows[1:] for i in codes} == {""}


def test_no_cell_is_a_formula(sheet, tags, tmp_path):
    every = tmp_path / f"every{sheet.suffix}"
    write_sheet(every, tags, draw_audit(tags, 30))
    cells = [str(cell) for row in read_cells(every) for cell in row]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]


def test_sentences_stand_between_their_neighbours(tags, tmp_path):
    path = tmp_path / "sheet.csv"
    write_sheet(path, tags, draw_audit(tags, 30))
    rows = {(row[0], row[1]): row[2:5] for row in read_cells(path)}
    assert rows["2015", "0"] == ["", "Sentence 6 of many.", "Sentence 7 of many."]
    assert rows["2015", "7"] == ["Sentence 11 of many. Sentence 12 of many.", "Sentence 13 of many.", "Sentence 14 of many."]
    assert rows["'=a.txt", "14"][2] == ""


def test_xlsx_helps_the_coder(tags, tmp_path):
    path = tmp_path / "sheet.xlsx"
    write_sheet(path, tags, draw_audit(tags, 20))
    workbook = load_workbook(path)
    sheet, rules = workbook["audit"], workbook["codebook"]
    choices = sheet.data_validations.dataValidation
    assert len(choices) == len(tags.codebook.codes)
    assert {choice.formula1 for choice in choices} == {'"1,0"'}
    assert [str(choices[0].sqref), choices[0].prompt] == ["F2:F21", tags.codebook.entries[0].coded[:255]]
    hidden = [letter for letter, column in sheet.column_dimensions.items() if column.hidden]
    assert [sheet[f"{letter}1"].value for letter in hidden] == ["probability", "stratum"]
    said = {row[0]: row for row in rules.iter_rows(values_only=True)}
    assert all(said[code.id][3].endswith(code.coded[-20:]) for code in tags.codebook.entries)


@pytest.mark.parametrize(("cell", "mark"), [("1", 1), (" X ", 1), ("Yes", 1), ("TRUE", 1), ("1.0", 1), ("0", 0), ("No", 0), ("-", 0), ("false", 0)])
def test_marks_are_read_as_people_write_them(sheet, tags, cell, mark):
    change(sheet, 3, tags.codebook.codes[2], cell)
    assert read_sheet(sheet, tags).coded[2, 2] == mark


def test_numbers_and_truth_values_of_spreadsheets_are_marks(tags, tmp_path):
    path = tmp_path / "sheet.xlsx"
    write_sheet(path, tags, draw_audit(tags, 20))
    for row, cell in enumerate([1, 1.0, True, 0, False], 1):
        change(path, row, tags.codebook.codes[0], cell)
    assert read_sheet(path, tags).coded[:5, 0].tolist() == [1, 1, 1, 0, 0]


def test_rows_with_a_mark_are_coded_and_empty_columns_are_not(sheet, tags):
    first, second, third = tags.codebook.codes[:3]
    change(sheet, 1, first, "1")
    change(sheet, 2, second, "x")
    coded = read_sheet(sheet, tags).coded
    assert coded[:2, :2].tolist() == [[1, 0], [0, 1]]
    assert np.isnan(coded[2:]).all()
    assert np.isnan(coded[:, tags.codebook.column[third]]).all()


def test_columns_may_move_and_rows_may_be_empty(sheet, tags):
    rows = read_cells(sheet)
    moved = [[*row[::-1], "mine"] for row in rows]
    moved[0] = [str(name).title() for name in moved[0]]
    write_cells(sheet, [*moved, [""] * len(moved[0])])
    assert read_sheet(sheet, tags).rows.tolist() == draw_audit(tags, 20).rows.tolist()


def test_csv_of_other_countries_is_read(tags, tmp_path):
    path = tmp_path / "sheet.csv"
    write_sheet(path, tags, draw_audit(tags, 20))
    rows = read_cells(path)
    at = rows[0].index("probability")
    with path.open("w", encoding="cp1252", errors="replace", newline="") as file:
        csv.writer(file, delimiter=";").writerows([*row[:at], str(row[at]).replace(".", ","), *row[at + 1 :]] for row in rows)
    assert read_sheet(path, tags, encoding="cp1252").probability == pytest.approx(draw_audit(tags, 20).probability)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("security", "maybe", "row 2: column 'security' holds 'maybe'; expected 1 or 0, or nothing"),
        ("sentence", "Something else.", "row 2: sentence .* reads 'Something else.', in the tags"),
        ("index", "99", "row 2: sentence 99 of .* is not in the tags"),
        ("document", "other.txt", "of 'other.txt' is not in the tags; give the tags that the sheet was drawn from"),
        ("probability", "", "row 2: column 'probability' holds '', expected what was written there"),
        ("probability", "7", "row 2: column 'probability' holds '7'"),
        ("stratum", "low", "row 2: column 'stratum' holds 'low'"),
    ],
)
def test_changed_cells_are_refused_where_they_stand(sheet, tags, column, value, message):
    change(sheet, 1, column, value)
    with pytest.raises(LabelError, match=message):
        read_sheet(sheet, tags)


def test_rows_that_stand_twice_are_refused(sheet, tags):
    rows = read_cells(sheet)
    write_cells(sheet, [*rows, rows[1]])
    with pytest.raises(LabelError, match=r"row 22: sentence .* stands in row 2 already; keep one of them"):
        read_sheet(sheet, tags)


@pytest.mark.parametrize("column", ["index", "security", "probability"])
def test_missing_columns_are_refused(sheet, tags, column):
    rows = read_cells(sheet)
    at = rows[0].index(column)
    write_cells(sheet, [[*row[:at], *row[at + 1 :]] for row in rows])
    with pytest.raises(LabelError, match=f"no column '{column}'; expected a sheet that `migclass audit draw` wrote"):
        read_sheet(sheet, tags)


def test_what_is_no_sheet_is_refused(tags, tmp_path):
    broken, empty = tmp_path / "broken.xlsx", tmp_path / "empty.csv"
    broken.write_bytes(b"PK no zip")
    empty.write_text("", encoding="utf-8")
    with pytest.raises(LabelError, match="can't be read as XLSX"):
        read_sheet(broken, tags)
    with pytest.raises(LabelError, match="no rows in it"):
        read_sheet(empty, tags)
    with pytest.raises(LabelError, match="no such file"):
        read_sheet(tmp_path / "none.xlsx", tags)
    with pytest.raises(DocumentError, match="no such file"):
        read_sheet(tmp_path / "none.csv", tags)
    with pytest.raises(OutputError, match=r"no kind of sheet; name a file that ends in \.csv or \.xlsx"):
        write_sheet(tmp_path / "sheet.ods", tags, draw_audit(tags, 20))
    broken.unlink()
    write_sheet(broken, tags, draw_audit(tags, 20))
    with pytest.raises(OutputError, match="exists already"):
        write_sheet(broken, tags, draw_audit(tags, 20))


def test_cells_beside_the_table_do_no_harm(tags, tmp_path):
    path = tmp_path / "sheet.xlsx"
    write_sheet(path, tags, draw_audit(tags, 20))
    workbook = load_workbook(path)
    workbook["audit"].cell(4, len(head(tags.codebook)) + 3).value = "look at this again"
    workbook.save(path)
    assert len(read_sheet(path, tags).rows) == 20
