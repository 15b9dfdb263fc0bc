"""Retraining with a frame of one's own: what was never judged is unknown, and not negative."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from migclass.cli import main
from migclass.codebook import load_codebook
from migclass.decisions import log_odds
from migclass.errors import LabelError, ModelError
from migclass.evaluation import f1_scores
from migclass.labels import as_json, read_labels, targets
from migclass.recipes import Settings, distilled, read_soft_labels
from migclass.resources import resource
from migclass.standoff import as_rows, read_standoff
from migclass.tagging import Tagger
from migclass.training import evaluate_rows, gather, train

VERBS = ["treated", "vaccinated", "examined", "referred", "admitted", "screened", "weighed"]
PEOPLE = ["new arrivals", "children in the camp", "farm workers", "women at the border post", "returnees"]
HEALTH = '[[frame]]\nid = "health"\ncoded = "illness and care"\n'


def clinic(verb, people):
    return {"text": f"The clinic {verb} {people} this week.", "frames": ["health"], "poles": [], "coded": ["health"], "passage": verb}


def council(verb, people):
    return {"text": f"The council heard that {people} were {verb} elsewhere.", "frames": [], "poles": [], "coded": ["health"], "passage": people}


FEW = 300


def as_shipped(path, rows):
    coded = load_codebook().codes
    path.write_text("".join(as_json(replace(row, split="train", source="", coded=coded)) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def few(rows):
    return rows[:FEW]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mine")


@pytest.fixture(scope="module")
def mine(folder):
    (folder / "mine.toml").write_text('extends = "default"\n' + HEALTH)
    return load_codebook(folder / "mine.toml")


@pytest.fixture(scope="module")
def own(folder, mine):
    rows = [kind(verb, people) for verb in VERBS for people in PEOPLE for kind in (clinic, council)]
    (folder / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "own.jsonl"


@pytest.fixture(scope="module")
def shipped(folder, few):
    """A part of the shipped labels, judged for what those are judged for."""
    return as_shipped(folder / "shipped.jsonl", few)


@pytest.fixture(scope="module")
def unseen(folder, rows):
    return as_shipped(folder / "unseen.jsonl", rows[FEW : FEW + 80])


@pytest.fixture(scope="module")
def model(shipped, own, folder, mine):
    return train([shipped, own], codebook=folder / "mine.toml", name="mine")


def test_shipped_rows_are_judged_for_what_their_codebook_has(mine, book):
    Y = targets(read_labels(codebook=mine, split="validation"), mine)
    new = mine.column["health"]
    assert np.isnan(Y[:, new]).all()
    np.testing.assert_array_equal(np.delete(Y, new, axis=1), targets(read_labels(codebook=book, split="validation"), book))
    assert read_labels(resource("labels", "test.jsonl"), codebook=mine)[0].coded == book.codes
    assert all(row.coded is None for row in read_labels(codebook=book))


def test_a_codebook_may_lack_what_shipped_rows_have(book):
    fewer = replace(book, frames=book.frames[1:])
    rows = read_labels(codebook=fewer, split="validation")
    np.testing.assert_array_equal(targets(rows, fewer), targets(read_labels(codebook=book, split="validation"), book)[:, 1:])


def test_standoff_rows_are_judged_for_what_their_codebook_has(mine, book):
    found = targets(as_rows(read_standoff(mine, role="validation")), mine)
    assert np.isnan(found[:, mine.column["health"]]).all()
    np.testing.assert_array_equal(np.delete(found, mine.column["health"], axis=1), targets(as_rows(read_standoff(book, role="validation")), book))


def test_a_code_that_is_defined_anew_is_unknown_in_shipped_rows(tmp_path, book):
    old = book.frames[0]
    (tmp_path / "mine.toml").write_text(f'extends = "default"\n[[frame]]\nid = "{old.id}"\ncoded = "growth alone"\nreplaces = true\n')
    rows = read_labels(codebook=load_codebook(tmp_path / "mine.toml"), split="validation")
    assert all(old.id not in (*row.frames, *row.coded) for row in rows)
    assert not any(old.id in said for row in rows for said in row.coders.values())
    same = f'[[frame]]\nid = "{old.id}"\ncoded = "{old.coded}"\nnot_coded = "{old.not_coded}"\nreplaces = true\n'
    (tmp_path / "same.toml").write_text('extends = "default"\n' + same)
    again = load_codebook(tmp_path / "same.toml")
    assert again.frames[0].cues == ()
    assert all(row.coded is None for row in read_labels(codebook=again, split="validation"))


def test_unknown_is_not_negative(model, own, folder, few):
    """If the shipped rows counted as without the frame, the model would have seen each of them say no, and would say no again."""
    as_negative = folder / "negative.jsonl"
    as_negative.write_text("".join(as_json(replace(row, split="train", source="")) + "\n" for row in few))
    careless = train([as_negative, own], codebook=folder / "mine.toml")
    texts = [row.text for row in few]
    unknown, negative = (Tagger(m).predict_proba(texts)[:, 5].mean() for m in (model, careless))
    assert unknown > 5 * negative
    found = {c["code"]: c for c in model.about["out_of_fold"]["codes"]}
    assert (found["health"]["judged"], found["health"]["positives"]) == (70, 35)


def test_other_frames_are_learnt_as_before(model, few, mine):
    Y = np.delete(targets(few, mine), mine.column["health"], axis=1)
    assert f1_scores(Y, np.delete(Tagger(model).predict([row.text for row in few]), mine.column["health"], axis=1)).min() > 0.9
    assert "health" in Tagger(model).tag(["The mobile clinic vaccinated two hundred children."])[0].frames


def test_what_was_learnt_from_own_rows_is_measured_out_of_fold(model, mine):
    (health,) = (c for c in model.about["out_of_fold"]["codes"] if c["code"] == "health")
    assert health["low"] <= health["f1"] <= health["high"]
    assert health["f1"] > 0.9
    assert health["average_precision_low"] <= health["average_precision"] <= health["average_precision_high"]
    assert "## Out of fold on own sentences" in model.card
    assert "| `health` | 70 | 35 |" in model.card
    assert f"| `{mine.codes[0]}` | {FEW} |" in model.card


def test_a_code_that_nobody_judged_is_not_measured(model, unseen, mine):
    result = evaluate_rows(Tagger(model), read_labels(unseen, codebook=mine))
    health = result.codes[5]
    assert (health.code, health.positives) == ("health", 0)
    assert np.isnan([health.precision, health.recall, health.f1, health.low, health.high]).all()
    assert result.as_dict()["codes"][5]["f1"] is None
    assert all(np.isfinite(own.f1) for own in result.codes if own is not health)
    judged = [replace(row, coded=None) for row in read_labels(unseen, codebook=mine)]
    assert evaluate_rows(Tagger(model), judged).codes[5].f1 == 0


def test_the_command_line_says_what_goes_on_and_prints_dashes(own, shipped, unseen, folder, monkeypatch):
    monkeypatch.chdir(folder)
    run = CliRunner()
    done = run.invoke(main, ["train", "--labels", "shipped.jsonl", "--labels", "own.jsonl", "--codebook", "mine.toml", "--output", "model"])
    assert done.exit_code == 0, done.stderr
    assert "reading labels: shipped.jsonl, own.jsonl" in done.stderr
    assert "'health': learnt from the 70 sentences that were judged for it; in the other 300 it is unknown" in done.stderr
    assert "learnt 6 of 6" in done.stderr
    assert load_codebook(folder / "model" / "codebook.toml").hash == load_codebook(folder / "mine.toml").hash
    done = run.invoke(main, ["evaluate", "--model", "model", "--labels", "unseen.jsonl"])
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("health"))
    assert line.split() == ["health", "0", "0", "–", "–", "–", "–", "–"]
    assert "nobody judged the code" in done.stdout


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ((clinic,), "'health': all 35 sentences that were judged for it carry it, .* add sentences that were judged and do not carry it"),
        ((council,), "'health': no training sentence carries it; add some"),
    ],
)
def test_a_code_with_one_kind_of_sentence_is_refused(tmp_path, folder, shipped, kinds, message):
    path = write(tmp_path / "a.jsonl", [kind(verb, people) for verb in VERBS for people in PEOPLE for kind in kinds])
    with pytest.raises(ModelError, match=message):
        train([shipped, path], codebook=folder / "mine.toml")


def test_few_of_a_kind_are_told(tmp_path, folder, shipped):
    rows = [clinic(verb, "people") for verb in VERBS] + [council(verb, "people") for verb in VERBS]
    said = []
    train([shipped, write(tmp_path / "a.jsonl", rows)], codebook=folder / "mine.toml", say=said.append)
    assert any("only 7 training sentences carry 'health'" in line for line in said)
    assert any("only 7 sentences were judged for 'health' and do not carry it" in line for line in said)


def test_shipped_rows_count_as_negative_only_where_that_is_asked_for(own, mine, book):
    column = mine.column["health"]
    unknown, negative = (gather(["default", own], mine, unjudged=unjudged) for unjudged in ("unknown", "negative"))
    assert np.isnan(targets(unknown.train, mine)[:, column]).sum() == len(unknown.train) - 70
    Y = targets(negative.train, mine)
    assert not np.isnan(Y[:-70]).any()
    assert Y[:, column].sum() == 35
    assert np.isnan(targets((*negative.validation, *negative.test), mine)[:, column]).all()
    assert gather(["default"], book, unjudged="negative") == gather(["default"], book)
    with pytest.raises(ModelError, match="unjudged is 'maybe'; expected one of unknown, negative"):
        gather([own], mine, unjudged="maybe")


def test_own_rows_keep_their_splits(tmp_path, own, folder, shipped, book):
    rows = [json.loads(line) for line in own.read_text().splitlines()]
    for row in rows:
        row["split"] = {VERBS[0]: "test", PEOPLE[0]: "test", VERBS[1]: "validation"}.get(row["passage"], "train")
    path = write(tmp_path / "split.jsonl", rows)
    model = train([shipped, path], codebook=folder / "mine.toml")
    assert model.about["labels"]["own"] == {"train": FEW + 53, "validation": 5, "test": 12}
    quality = {c["code"]: c for c in model.about["quality"]["codes"]}
    assert (quality["health"]["positives"], quality["health"]["f1"] > 0.8) == (5, True)
    assert quality[book.codes[0]]["f1"] is None
    assert "Measured on 12 written sentences of the split test; 12 of them the user's own" in model.card


def test_shipped_soft_labels_say_nothing_of_a_new_code(own, mine):
    rows = [*read_labels(codebook=mine, split="train")[:300], *read_labels(own, codebook=mine)]
    soft = read_soft_labels(resource("labels", "soft-labels.csv"), rows, mine)
    assert np.isnan(soft[:, mine.column["health"]]).all()
    assert np.isfinite(np.delete(soft, mine.column["health"], axis=1)[:300]).all()
    fitted = distilled(rows, mine, Settings())
    logits = fitted.scorer.logits(["The clinic vaccinated children.", "The border is closed."])[:, mine.column["health"]]
    assert logits[0] > logits[1] + 1


def test_an_empty_label_file(tmp_path, folder, shipped):
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(LabelError, match=r"empty\.jsonl: no labelled sentence in it yet; write one a line"):
        train([shipped, tmp_path / "empty.jsonl"], codebook=folder / "mine.toml")
    for command in (["labels", "stats"], ["labels", "check"], ["labels", "agreement"], ["evaluate", "--labels"]):
        done = CliRunner().invoke(main, [*command, str(tmp_path / "empty.jsonl")])
        assert done.exit_code == 1
        assert "no labelled sentence in it yet" in done.stderr


def test_a_code_that_is_rarer_where_one_scores_is_tagged_less(model, shipped, own, folder, mine):
    rarer = train([shipped, own], codebook=folder / "mine.toml", shares={"health": 0.05})
    j, texts = mine.column["health"], [f"The clinic was mentioned by {people} and {verb}." for people in PEOPLE for verb in VERBS]
    before, after = (Tagger(one).predict_proba(texts)[:, j] for one in (model, rarer))
    assert (log_odds(before) - log_odds(after)).mean() > 1
    assert "as if `health` were carried by 5% of sentences" in rarer.card
    others = [k for k in range(len(mine.codes)) if k != j]
    np.testing.assert_allclose(Tagger(rarer).predict_proba(texts)[:, others], Tagger(model).predict_proba(texts)[:, others], atol=1e-6)


@pytest.mark.parametrize(
    ("shares", "message"),
    [({"helth": 0.1}, "a share is given for 'helth', which the codebook lacks"), ({"health": 10}, "the share of 'health' is 10; expected a number")],
)
def test_shares_that_are_none(own, folder, shares, message):
    with pytest.raises(ModelError, match=message):
        train([own], codebook=folder / "mine.toml", shares=shares)


@pytest.mark.parametrize("given", ["health", "health=often", "health=0.1=0.2"])
def test_a_share_is_a_code_and_a_number(given, tmp_path):
    done = CliRunner().invoke(main, ["train", "--share", given, "--output", str(tmp_path / "mine")])
    assert done.exit_code == 2
    assert "such as health=0.1" in done.stderr
