import datetime
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from migclass.errors import DocumentError
from migclass.tables import open_table

ROWS = [{"text": f"Row {i} of it. " * (i % 4 * 3 + 1), "n": i, "late": None if i < 40 else "x"} for i in range(60)]


@pytest.fixture(params=["jsonl", "csv", "tsv", "parquet"])
def path(request, tmp_path):
    path = tmp_path / f"a.{request.param}"
    if request.param == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=7)
    elif request.param == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n\n" for row in ROWS))
    else:
        mark = "," if request.param == "csv" else "\t"
        path.write_text("".join(mark.join(map(str, line)) + "\n" for line in ([*ROWS[0]], *(row.values() for row in ROWS))))
    return str(path)


def texts(blocks):
    return [text for block in blocks for text in block.texts.to_pylist()]


@pytest.mark.parametrize("size", [1, 200, 2**20])
def test_blocks_hold_all_rows_and_end_by_size(path, size):
    table = open_table(path)
    blocks = list(table.blocks(size=size))
    assert texts(blocks) == [row["text"] for row in ROWS]
    assert [block.first for block in blocks] == [sum(len(b.texts) for b in blocks[:i]) for i in range(len(blocks))]
    assert all(sum(map(len, block.texts.to_pylist()[:-1])) < size for block in blocks)
    assert [block.read for block in blocks] == sorted(block.read for block in blocks)
    assert blocks[-1].read == 1
    for block in blocks:
        assert [column.type for column in block.columns] == table.schema.types
        assert list(map(str, block.columns[0].to_pylist())) == [str(row["n"]) for row in ROWS][block.first :][: len(block.texts)]


def test_from_the_end_of_any_block_on_the_blocks_are_the_same(path):
    table = open_table(path)
    blocks = list(table.blocks(size=200))
    for i, block in enumerate(blocks):
        assert list(table.blocks(start=block.first, size=200)) == blocks[i:]
    assert list(table.blocks(start=len(ROWS))) == []


def test_a_column_has_one_type_in_all_blocks(tmp_path):
    values = [None, 1, 10**30, "s", [1], {"a": None}, 1.5, True]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": "x", "v": value, "n": 1}) + "\n" for value in values))
    table = open_table(str(tmp_path / "a.jsonl"))
    assert table.schema == pa.schema([("v", pa.string()), ("n", pa.int64())])
    found = [block.columns[0][0].as_py() for block in table.blocks(size=1)]
    assert found == [None, "1", str(10**30), "s", "[1]", '{"a": null}', "1.5", "true"]


def test_integers_that_are_too_large_are_text_from_the_first_row_on(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "x", "v": 1}\n{"text": "x", "v": -100000000000000000000}\n')
    found = [block.columns[0][0].as_py() for block in open_table(str(tmp_path / "a.jsonl")).blocks(size=1)]
    assert found == ["1", "-100000000000000000000"]


def test_columns_of_parquet_keep_their_types(tmp_path):
    rows = [{"text": "One.", "day": datetime.date(1999, 1, 2), "tags": ["a", "b"]}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    (block,) = open_table(str(tmp_path / "a.parquet")).blocks()
    assert [column[0].as_py() for column in block.columns] == [datetime.date(1999, 1, 2), ["a", "b"]]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.null()])
def test_text_of_parquet_in_any_type_of_text(tmp_path, kind):
    values = pa.array([None, None] if pa.types.is_null(kind) else ["One.", None], pa.null() if pa.types.is_null(kind) else pa.string())
    pq.write_table(pa.table({"text": values.cast(kind)}), tmp_path / "a.parquet")
    assert texts(open_table(str(tmp_path / "a.parquet")).blocks()) == ["" if value is None else value for value in values.to_pylist()]


@pytest.mark.parametrize("columns", [{"text": [1]}, {"body": ["x"]}, {"text": pa.array([], pa.string())}])
def test_parquet_without_text(tmp_path, columns):
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(DocumentError, match=r"holds int64, expected text|no column 'text' \(columns: body\)|no rows in it"):
        open_table(str(tmp_path / "a.parquet"))


def test_a_bad_row_at_the_end_is_found_before_any_is_given(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n' * 20_000 + '{"text": 5}\n')
    with pytest.raises(DocumentError, match="row 20001: column 'text' holds int"):
        open_table(str(tmp_path / "a.jsonl"))
    (tmp_path / "a.csv").write_text("text\nx\nx,y\n")
    with pytest.raises(DocumentError, match="line 3: 2 fields, expected 1"):
        open_table(str(tmp_path / "a.csv"))
