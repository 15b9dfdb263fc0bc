import csv
import json
from math import isnan

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from migclass.cli import main
from migclass.errors import DocumentError
from migclass.profiles import BALANCE, CONTESTED, DOCUMENTS, ENGAGED, SENTENCES, TOGETHER, profile
from migclass.tagfiles import TaggedSentences, read_tags


@pytest.fixture
def tags(book):
    """Build tags from (document, codes of the sentence) and own columns."""

    def build(sentences, **own):
        documents = [document for document, _ in sentences]
        index = [documents[:i].count(document) for i, document in enumerate(documents)]
        tagged = np.array([[code in codes.split() for code in book.codes] for _, codes in sentences])
        rows = pa.table({"document": documents, "index": index, **own})
        return TaggedSentences(rows, tagged, np.zeros_like(tagged), tagged.astype(np.float32), book, "model hash")

    return build


# Two documents; the tension between control and pathways: A = 3, B = 2, engaged in 4 of 8 sentences.
SENTENCES_OF_TWO = [
    ("a", "security control"),
    ("a", "labour pathways"),
    ("a", ""),
    ("a", "security control"),
    ("b", ""),
    ("b", "security rights control pathways"),
    ("b", ""),
    ("b", "rights"),
]


def test_figures_are_what_one_counts_by_hand(tags):
    found = profile(tags(SENTENCES_OF_TWO), draws=10)
    assert found.groups == ((),)
    assert (found.figure(SENTENCES, "security").value, found.figure(SENTENCES, "security").n) == (3 / 8, 8)
    assert (found.figure(DOCUMENTS, "labour").value, found.figure(DOCUMENTS, "security").value, found.figure(DOCUMENTS, "labour").n) == (0.5, 1, 2)
    assert (found.figure(BALANCE, "mobility").value, found.figure(BALANCE, "mobility").n) == (pytest.approx(-1 / 5), 5)
    assert (found.figure(ENGAGED, "mobility").value, found.figure(ENGAGED, "mobility").n) == (4 / 8, 8)
    # The first two sentences stand side by side, the last control of the first document stands alone.
    assert (found.figure(CONTESTED, "mobility").value, found.figure(CONTESTED, "mobility").n) == (3 / 4, 4)
    assert found.figure(TOGETHER, "security", other="control").value == 3 / 8
    assert found.figure(TOGETHER, "rights", other="control").value == 1 / 8
    assert isnan(found.figure(BALANCE, "value").value)
    assert isnan(found.figure(CONTESTED, "value").low)


def test_neighbours_are_of_one_document_and_next_to_each_other(tags, book):
    apart = profile(tags([("a", "control"), ("b", "pathways")]), draws=1)
    assert apart.figure(CONTESTED, "mobility").value == 0
    whole = tags([("a", "control"), ("a", ""), ("a", "pathways")])
    kept = TaggedSentences(whole.rows.take([0, 2]), whole.tagged[[0, 2]], whole.unsure[[0, 2]], whole.scores[[0, 2]], book, whole.model)
    assert profile(kept, draws=1).figure(CONTESTED, "mobility").value == 0


def test_groups_are_in_order_and_counted_apart(tags):
    found = profile(tags(SENTENCES_OF_TWO, year=["10"] * 4 + ["9"] * 4, place=["x", None, *"xxxxxx"]), by=["year", "place"], draws=10)
    assert found.groups == (("9", "x"), ("10", "x"), ("10", "(none)"))
    assert found.figure(SENTENCES, "security", group=("10", "x")).value == 2 / 3
    assert found.figure(SENTENCES, "labour", group=("10", "(none)")).value == 1
    by_document = profile(tags(SENTENCES_OF_TWO), by=["document"], draws=10)
    assert by_document.groups == (("a",), ("b",))
    assert "groups of one document: blocks of consecutive sentences" in by_document.note


def test_rows_are_plain_data(tags):
    rows = profile(tags(SENTENCES_OF_TWO, year=[1.0] * 4 + [None] * 4), by=["year"], draws=10).as_rows()
    assert list(rows[0]) == ["year", "measure", "code", "other", "value", "low", "high", "n"]
    assert {row["year"] for row in rows} == {"1", "(none)"}
    assert {row["value"] for row in rows if (row["measure"], row["code"]) == (BALANCE, "value")} == {None}


@pytest.mark.parametrize(
    ("column", "message"), [("town", "no column 'town' in the tags; group by one of document, n"), ("n", "is named like a column")]
)
def test_columns_that_make_no_groups_are_refused(tags, column, message):
    with pytest.raises(DocumentError, match=message):
        profile(tags(SENTENCES_OF_TWO, n=[1] * 8), by=[column])


def percentiles(draws):
    kept = [draw for draw in draws if not isnan(draw)]
    return np.quantile(kept, [0.025, 0.975]) if len(set(kept)) > 1 else [np.nan, np.nan]


def plain_figures(sentences):
    """The figures of control and pathways in sentences (document, codes), by counting."""
    has = [(document, "control" in codes, "pathways" in codes) for document, codes in sentences]
    a, b = sum(a for _, a, _ in has), sum(b for _, _, b in has)
    either = [a or b for _, a, b in has]
    documents = {}
    for document, a_here, _ in has:
        documents[document] = documents.get(document, False) or a_here
    share = sum(documents.values()) / len(documents)
    return {SENTENCES: a / len(has), DOCUMENTS: share, BALANCE: (b - a) / (a + b) if a + b else np.nan, ENGAGED: sum(either) / len(has)}


def random_sentences(rng, documents):
    words = [" ".join(np.array(["control", "pathways"])[rng.random(2) < 0.2]) for _ in range(60)]
    return [(f"d{rng.integers(documents)}" if documents > 1 else "d", word) for word in words]


def test_intervals_over_documents_are_those_of_a_plain_loop(tags):
    sentences = sorted(random_sentences(np.random.default_rng(4), 8), key=lambda row: row[0])
    found = profile(tags(sentences), draws=200, seed=3)
    names = list(dict.fromkeys(document for document, _ in sentences))
    draws = []
    for picked in np.random.default_rng([3, 0]).integers(0, len(names), (200, len(names))):
        drawn = [(f"{place}", codes) for place, i in enumerate(picked) for document, codes in sentences if document == names[i]]
        draws.append(plain_figures(drawn))
    check_intervals(found, draws, (SENTENCES, DOCUMENTS, BALANCE, ENGAGED))
    assert found.note == "bootstrap over 8 documents; with fewer than 10 documents intervals are too narrow"


def test_intervals_of_one_document_are_those_of_a_plain_loop_over_blocks(tags):
    sentences = random_sentences(np.random.default_rng(5), 1)
    found = profile(tags(sentences), draws=200, seed=3)
    draws = []
    for picked in np.random.default_rng([3, 0]).integers(0, 60, (200, 6)):
        draws.append(plain_figures([sentences[(start + step) % 60] for start in picked for step in range(10)]))
    check_intervals(found, draws, (SENTENCES, BALANCE, ENGAGED))
    assert isnan(found.figure(DOCUMENTS, "control").low)
    assert found.note == "one document: blocks of consecutive sentences"


def check_intervals(found, draws, measures):
    for measure in measures:
        figure = found.figure(measure, "mobility" if measure in (BALANCE, ENGAGED) else "control")
        np.testing.assert_allclose([figure.low, figure.high], percentiles([draw[measure] for draw in draws]), atol=1e-12)


def test_what_never_varies_has_no_interval(tags):
    figure = profile(tags([("a", "security"), ("b", "security")]), draws=50).figure(SENTENCES, "security")
    assert (figure.value, isnan(figure.low), isnan(figure.high)) == (1, True, True)


def test_draws_do_not_depend_on_how_many_are_made_at_once(tags, monkeypatch):
    whole = profile(tags(SENTENCES_OF_TWO), draws=50)
    monkeypatch.setattr("migclass.profiles._AT_ONCE", 1)
    assert repr(profile(tags(SENTENCES_OF_TWO), draws=50)) == repr(whole)


def run(*arguments):
    return CliRunner(env={"COLUMNS": "80"}).invoke(main, ["profile", *map(str, arguments)])


@pytest.mark.parametrize("options", [[], ["--by", "organisation"], ["--by", "organisation,year"], ["--by", "document"]])
def test_the_table_fits_80_columns_and_cuts_nothing(straits, options):
    done = run(straits, *options, "--draws", 50)
    assert done.exit_code == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "…" not in done.stdout
    for word in ("development", "all_on_the_move", "anticipatory", "95 % intervals"):
        assert word in done.stdout


def test_formats_say_what_the_library_says(straits, tmp_path):
    found = profile(read_tags([straits]).only_sentences(), by=["organisation", "year"], draws=50, seed=1)
    assert ("Migration Office", "2014") in found.groups
    options = ["--by", "organisation,year", "--draws", 50, "--seed", 1]
    data = json.loads(run(straits, *options, "--format", "json").stdout)
    assert (data["figures"], data["by"], data["note"]) == (found.as_rows(), ["organisation", "year"], found.note)
    path = tmp_path / "profile.csv"
    assert run(straits, *options, "--format", "csv", "-o", path).stdout == ""
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert rows == [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in found.as_rows()]
    again = run(straits, "-o", path)
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)


def test_the_two_organisations_of_the_example_disagree(straits):
    found = profile(read_tags([straits]), by=["organisation"], draws=10)
    office, network = (found.figure(BALANCE, "iom_role", group=(name,)).value for name in ("Migration Office", "Open Harbour"))
    assert office < 0 < network


def test_mistakes_are_told_in_one_line(straits):
    done = run(straits, "--by", "town")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "no column 'town' in the tags; group by one of document, organisation, year" in done.stderr


def test_tags_in_all_formats_have_one_profile(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("The border was closed. Visas were opened. Nurses from abroad keep the wards open.", encoding="utf-8")
    profiles = []
    for suffix in ("jsonl", "csv", "parquet"):
        path = tmp_path / f"tags.{suffix}"
        assert CliRunner().invoke(main, ["score", str(text), "-o", str(path)]).exit_code == 0
        profiles.append(run(path, "--format", "csv").stdout)
    assert profiles[0] == profiles[1] == profiles[2]
    assert "contested,mobility" in profiles[0]


def test_names_of_groups_do_not_control_the_terminal(tmp_path):
    table = tmp_path / "texts.csv"
    table.write_text('text,source\nThe border was closed.,"\x1b[2J[bold]one"\nVisas were opened.,two\n', encoding="utf-8")
    assert CliRunner().invoke(main, ["score", str(table), "-o", str(tmp_path / "tags.parquet")]).exit_code == 0
    done = run(tmp_path / "tags.parquet", "--by", "source")
    assert "\x1b" not in done.stdout
    assert "[2J[bold]one" in done.stdout
