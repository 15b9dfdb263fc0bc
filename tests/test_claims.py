import csv
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from test_profiles import run

from migclass.claims import SHIFTS, Claim, Term, check_claims, parse_claim
from migclass.decisions import log_odds
from migclass.errors import ClaimError
from migclass.model import DEFAULT, load_model
from migclass.tagfiles import TaggedSentences, read_tags


@pytest.fixture
def tags(book):
    """Ten sentences in four documents; security stands in 1 of 4 before 2016 and in 4 of 6 after."""
    documents = ["a", "a", "b", "b", "c", "c", "c", "d", "d", "d"]
    years = ["2014"] * 2 + ["2015"] * 2 + ["2016"] * 3 + ["2020"] * 3
    tagged = np.zeros((10, len(book.codes)), bool)
    tagged[[0, 4, 5, 6, 9], book.column["security"]] = True
    rows = pa.table({"document": documents, "index": [0, 1, 0, 1, 0, 1, 2, 0, 1, 2], "text": ["A sentence."] * 10, "year": years})
    return TaggedSentences(rows, tagged, np.zeros_like(tagged), tagged.astype(np.float32), book, "mine 123")


def test_claims_are_read(book):
    found = parse_claim(" security.share[2016:]>security.share[ :2015 ] ", book)
    assert found == Claim(Term("security", "sentences", "2016:"), True, Term("security", "sentences", ":2015"))
    assert parse_claim("mobility.balance < -0.25", book) == Claim(Term("mobility", "balance"), False, -0.25)
    assert parse_claim("mobility.contested[Migration Office] > mobility.engaged", book).left.selection == "Migration Office"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("security.share", "0 signs < or >; expected one, as in CODE.share"),
        ("0.1 < security.share < 0.2", "2 signs"),
        ("0.1 < security.share", "'0.1' can't be read"),
        ("security.mean > 0.1", "what can be counted is share, balance, engaged, contested"),
        ("mobility.share > 0.1", "'mobility' has no share; expected one of development"),
        ("control.balance > 0.1", "'control' has no balance; expected one of iom_role"),
        ("security.share > 0.1 + 1", "can't be read"),
    ],
)
def test_what_is_no_claim_is_refused(claim, message, book):
    with pytest.raises(ClaimError, match=message):
        parse_claim(claim, book)


@pytest.mark.parametrize(
    ("selection", "share"), [("2016:", 4 / 6), (":2015", 1 / 4), ("2015:2016", 3 / 5), ("2020", 1 / 3), (":", 5 / 10), ("", 5 / 10)]
)
def test_selections_hold_the_years_they_name(tags, selection, share):
    (found,) = check_claims([f"security.share[{selection}] > 0"], tags, by="year", draws=1)
    assert found.left == pytest.approx(share)


def test_selections_of_nothing_are_refused(tags):
    with pytest.raises(ClaimError, match=r"\[2021:\] selects nothing in column 'year'; its values are 2014, 2015, 2016, 2020"):
        check_claims(["security.share[2021:] > 0"], tags, by="year")
    with pytest.raises(ClaimError, match="name one with --by"):
        check_claims(["security.share[2021:] > 0"], tags)


def test_documents_are_left_out_and_drawn_as_in_a_plain_loop(tags):
    (found,) = check_claims(["security.share[2016:] > security.share[:2015]"], tags, by="year", draws=300, seed=7)
    assert (found.left, found.right) == (pytest.approx(4 / 6), 1 / 4)
    trials = {trial.varied: trial for trial in found.trials}
    assert set(trials) == {"one document left out", "documents drawn", "all at once"}
    # Without c it is 1 of 3 against 1 of 4, without a 4 of 6 against 0 of 2.
    left_out = trials["one document left out"]
    assert (left_out.specifications, left_out.holds, left_out.undefined) == (4, 4, 0)
    counts = {"a": (0, 0, 1, 2), "b": (0, 0, 0, 2), "c": (3, 3, 0, 0), "d": (1, 3, 0, 0)}
    holds = undefined = 0
    for picked in np.random.default_rng(7).integers(0, 4, (300, 4)):
        late, of_late, early, of_early = np.sum([counts["abcd"[i]] for i in picked], axis=0)
        undefined += int(not (of_late and of_early))
        holds += int(bool(of_late and of_early) and late / of_late > early / of_early)
    assert (trials["documents drawn"].holds, trials["documents drawn"].undefined) == (holds, undefined)
    assert trials["all at once"].holds == holds
    assert found.notes[0] == "thresholds are not varied: mine 123, which made the tags, does not ship"


def test_one_document_is_drawn_in_blocks(tags):
    whole = replace(tags, rows=tags.rows.set_column(0, "document", [["a"] * 10]).set_column(1, "index", [list(range(10))]))
    (found,) = check_claims(["security.share > 0.1"], whole, draws=20)
    assert [trial.varied for trial in found.trials] == ["blocks of sentences drawn", "all at once"]


def test_thresholds_and_models_are_varied(straits):
    pytest.importorskip("onnxruntime", reason="the model encoder needs the extra encoder")
    tags, model = read_tags([straits]), load_model(DEFAULT)
    column = tags.codebook.column["security"]
    odds = log_odds(tags.scores[:, column]) - log_odds(model.decision.threshold[column])
    shares = [float(np.mean(odds >= shift)) for shift in SHIFTS]
    assert shares[0] > shares[2]
    between = (shares[0] + shares[1]) / 2
    (found,) = check_claims([f"security.share > {between:.6f}"], tags, draws=5, models=True)
    trials = {trial.varied: trial for trial in found.trials}
    assert (trials["thresholds"].specifications, trials["thresholds"].holds) == (3, 1)
    assert (trials["models"].specifications, trials["all at once"].specifications) == (2, 2 * 3 * 5)
    assert found.notes == ()


def test_the_command_prints_claims_in_all_formats(straits):
    claims = ["--claim", "security.share[2019:] < security.share[:2014]", "--claim", "iom_role.balance > 0", "--by", "year", "--draws", 20]
    table = run(straits, *claims)
    assert table.exit_code == 0, table.stderr
    assert "thresholds               100.0%          3 of 3          0" in table.stdout
    assert "Note: models are not varied" in table.stdout
    data = json.loads(run(straits, *claims, "--format", "json").stdout)
    assert [row["claim"] for row in data] == [claims[1], claims[3]]
    rows = list(csv.DictReader(run(straits, *claims, "--format", "csv").stdout.splitlines()))
    assert [row["varied"] for row in rows[:4]] == [trial["varied"] for trial in data[0]["trials"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--claim", "security.share > 0", "--plot", "a.png"], "--claim and --plot do not go together"),
        (["--claim", "security.share > 0", "--by", "organisation,year"], "selects by one column"),
        (["--texts-again"], "goes with --claim only"),
        (["--plot", "a.pdf"], "a picture is .png or .svg"),
    ],
)
def test_options_that_do_not_go_together_are_refused(straits, options, message):
    done = run(straits, *options)
    assert (done.exit_code, message in done.stderr) == (2, True)
