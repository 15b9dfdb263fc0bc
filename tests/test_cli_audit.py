"""``migclass audit`` from tags to estimates."""

import csv
import json
from itertools import compress

import pytest
from click.testing import CliRunner

from migclass.cli import main
from migclass.prose import sentence_lines

SENTENCES = 120


def run(*arguments, code=0):
    done = CliRunner().invoke(main, ["audit", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture(scope="module")
def texts(rows):
    return {row.text: row for row in rows if "\n" not in row.text}


@pytest.fixture(scope="module")
def tags(tmp_path_factory, texts, model_folder):
    folder = tmp_path_factory.mktemp("audit")
    page, path = folder / "page.txt", folder / "tags.parquet"
    sentences = list(compress(texts, sentence_lines(list(texts))))
    page.write_text("\n".join(sentences[:SENTENCES]), encoding="utf-8")
    done = CliRunner().invoke(main, ["score", str(page), "--sentences", "--model", str(model_folder), "-o", str(path)])
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture
def sheet(tags, tmp_path):
    path = tmp_path / "sheet.csv"
    done = run("draw", tags, "-n", 60, "-o", path)
    assert f"{path}: 60 of {SENTENCES} sentences, from 1 document\n" in done.stderr
    return path


@pytest.fixture
def coded_sheet(sheet, texts):
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    for row in rows:
        found = texts[row[head.index("sentence")].removeprefix("'")]
        for code in found.codes or head[5:6]:
            row[head.index(code)] = "x" if found.codes else "0"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return sheet


def test_the_loop(tags, coded_sheet, book):
    done = run("estimate", tags, coded_sheet)
    assert "60 of 60 rows are coded\n" in done.stderr
    assert all(code in done.stdout for code in (*book.codes, *(tension.id for tension in book.tensions)))
    assert "too few" in done.stdout
    assert "intervals are for these documents and say nothing of others" in done.stdout
    shares = json.loads(run("estimate", tags, coded_sheet, "--format", "json").stdout)["shares"]
    assert any(share["corrected"] for share in shares)
    assert all((share["corrected"] is None) == bool(share["refusal"]) for share in shares)
    lines = run("estimate", tags, coded_sheet, "--format", "csv", "--by", "document").stdout.splitlines()
    assert lines[0] == "document,code,measure,coded,positives,naive,audit,audit_low,audit_high,corrected,corrected_low,corrected_high,refusal"
    assert len(lines) == 1 + len(book.codes) + len(book.tensions)


def test_a_plan_by_scores_and_by_a_pilot(tags, coded_sheet, book):
    done = run("plan", tags, "--margin", 0.1)
    assert all(code in done.stdout for code in book.codes)
    by_scores, by_pilot = (json.loads(run("plan", tags, "--format", "json", *more).stdout) for more in ([], ["--pilot", coded_sheet]))
    assert [plan["code"] for plan in by_scores] == list(book.codes)
    better = [new["code"] for old, new in zip(by_scores, by_pilot, strict=True) if old != new]
    assert 0 < len(better) < len(book.codes)
    one = json.loads(run("plan", tags, "--code", better[0], "--format", "json").stdout)
    assert one == [plan for plan in by_scores if plan["code"] == better[0]]
    run("plan", tags, "--code", "weather", code=2)


def test_faults_are_one_line(tags, sheet):
    assert "no sentence of the audit is coded yet" in run("estimate", tags, sheet, code=1).stderr
    assert "exists already" in run("draw", tags, "-o", sheet, code=1).stderr
    assert "no column 'town'" in run("draw", tags, "-o", sheet, "--force", "--by", "town", code=1).stderr
