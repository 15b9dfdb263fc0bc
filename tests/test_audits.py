from dataclasses import replace
from math import isnan

import numpy as np
import pyarrow as pa
import pytest

from migclass.audits import REFUSED, Audit, draw_audit, estimate_audit, plan_audit
from migclass.corrections import LEAST_CODED
from migclass.errors import DocumentError, LabelError
from migclass.profiles import BALANCE
from migclass.tagfiles import TaggedSentences

N, DOCUMENTS = 1200, 40


@pytest.fixture(scope="module")
def truth(book):
    """What a person would code: code j has a share that falls from a quarter to one in a thousand."""
    shares = np.geomspace(0.25, 0.001, len(book.codes))
    return np.random.default_rng(1).random((N, len(book.codes))) < shares


@pytest.fixture(scope="module")
def tags(book, truth):
    """Tags of a machine that errs: it sees the truth through noise."""
    seen = 2 * truth - 1.2 + 0.8 * np.random.default_rng(2).standard_normal(truth.shape)
    scores = (1 / (1 + np.exp(-3 * seen))).astype(np.float32)
    document = np.arange(N) * DOCUMENTS // N
    columns = {
        "document": [f"page{d}" for d in document],
        "index": np.arange(N) % (N // DOCUMENTS),
        "text": [f"Sentence {i}." for i in range(N)],
        "year": np.where(np.arange(N) < 300, 2015, 2020),
    }
    return TaggedSentences(pa.table(columns), scores > 0.5, np.zeros_like(truth), scores, book, "model hash")


def coded(audit, truth):
    return replace(audit, coded=truth[audit.rows].astype(float))


def by_code(report):
    return {(share.group, share.code): share for share in report.shares}


def test_a_draw_stands_for_all_sentences(tags):
    audit = draw_audit(tags, 200, seed=3)
    assert len(set(audit.rows.tolist())) == 200
    assert np.sum(1 / audit.probability) == pytest.approx(N)
    assert np.isnan(audit.coded).all()
    assert len(set(tags.document[audit.rows].tolist())) == DOCUMENTS
    assert draw_audit(tags, 200, seed=3).rows.tolist() == audit.rows.tolist()
    assert draw_audit(tags, 200, seed=4).rows.tolist() != audit.rows.tolist()


def test_sentences_are_drawn_as_often_as_is_written_beside_them(tags):
    times, chance = np.zeros(N), np.zeros(N)
    for seed in range(300):
        audit = draw_audit(tags, 200, seed=seed)
        times[audit.rows] += 1
        chance[audit.rows] = audit.probability
    for level in np.unique(chance[chance > 0]):
        assert times[chance == level].mean() / 300 == pytest.approx(level, abs=0.03)
    np.testing.assert_allclose(times[chance > 0] / 300, chance[chance > 0], atol=0.15)


def test_rare_codes_get_more_positives_than_in_a_plain_sample(tags, truth):
    rare = truth[:, 8:14]
    drawn = np.mean([rare[draw_audit(tags, 200, seed=seed).rows].sum() for seed in range(20)])
    assert drawn > 1.5 * rare.sum() * 200 / N


def test_small_groups_get_more_sentences(tags):
    audit = draw_audit(tags, 200, by=["year"])
    early = (audit.rows < 300).sum()
    assert 60 < early < 80
    assert np.sum(1 / audit.probability[audit.rows < 300]) == pytest.approx(300)


def test_all_are_drawn_where_there_are_no_more(tags):
    audit = draw_audit(tags, 5000)
    assert sorted(audit.rows.tolist()) == list(range(N))
    assert set(audit.probability.tolist()) == {1.0}


def test_too_few_for_so_many_groups_are_refused(tags):
    with pytest.raises(LabelError, match="10 sentences can't be spread over 40 groups; draw at least 160"):
        draw_audit(tags, 10, by=["document"])
    with pytest.raises(DocumentError, match="no column 'town'"):
        draw_audit(tags, by=["town"])


def test_what_is_estimated_holds_the_truth_where_tags_do_not(tags, truth, book):
    report = estimate_audit(tags, coded(draw_audit(tags, 400), truth))
    assert [share.code for share in report.shares] == [*book.codes, *(tension.id for tension in book.tensions)]
    given = [share for share in report.shares if not share.refusal]
    assert len(given) > 8
    held = [share.corrected.low <= truth[:, book.column[share.code]].mean() <= share.corrected.high for share in given if share.measure != BALANCE]
    assert sum(held) >= len(held) - 1
    widths = np.array([[own.high - own.low for own in (share.corrected, share.audit)] for share in given])
    assert widths[:, 0].mean() < 0.9 * widths[:, 1].mean()
    assert report.note.startswith("intervals are for texts like these")


def test_what_is_too_rare_is_refused_in_words(tags, truth, book):
    report = estimate_audit(tags, coded(draw_audit(tags, 200), truth))
    share = by_code(report)[(), book.codes[-1]]
    assert share.positives < LEAST_CODED
    assert share.refusal == f"too few: {share.positives} of 200 coded sentences have '{book.codes[-1]}', 8 are needed"
    assert share.corrected == share.audit == REFUSED
    assert not isnan(share.naive)
    balance = by_code(report)[(), book.tensions[-1].id]
    assert (balance.measure, balance.corrected) == (BALANCE, REFUSED)
    row = next(row for row in report.as_rows() if row["code"] == book.codes[-1])
    assert (row["corrected"], row["audit_low"], row["refusal"]) == (None, None, share.refusal)


def test_what_nearly_all_have_is_refused(tags, truth, book):
    audit = coded(draw_audit(tags, 100), truth)
    audit.coded[:, 0] = 1
    assert by_code(estimate_audit(tags, audit))[(), book.codes[0]].refusal.startswith("too few: 0 of 100 coded sentences lack")


def test_balance_is_that_of_its_poles(tags, truth, book):
    every = Audit(np.arange(N), np.ones(N), np.zeros(N, int), truth.astype(float))
    report = by_code(estimate_audit(tags, every))
    for tension in book.tensions:
        a, b = (report[(), pole.id].corrected.value for pole in tension.poles)
        balance = report[(), tension.id]
        if not balance.refusal:
            assert balance.corrected.value == pytest.approx((b - a) / (a + b))
            assert -1 <= balance.corrected.low <= balance.corrected.value <= balance.corrected.high <= 1


def test_groups_are_estimated_apart(tags, truth, book):
    audit = coded(draw_audit(tags, 400, by=["year"]), truth)
    report = estimate_audit(tags, audit, by=["year"])
    shares = by_code(report)
    assert {share.group for share in report.shares} == {("2015",), ("2020",)}
    assert sum(shares[(year,), book.codes[0]].coded for year in ("2015", "2020")) == 400
    assert report.as_rows()[0]["year"] == "2015"
    # Ten documents of 2015 are too few to stand for others, thirty of 2020 are enough.
    assert "in groups with fewer than 20 documents" in report.note
    alone = tags.tagged[:300, 0].mean()
    assert shares[("2015",), book.codes[0]].naive == pytest.approx(alone)


def test_a_group_without_coded_sentences_is_refused(tags, truth, book):
    audit = coded(draw_audit(tags, 200), truth)
    audit.coded[audit.rows < 300] = np.nan
    shares = by_code(estimate_audit(tags, audit, by=["year"]))
    assert shares[("2015",), book.codes[0]].refusal.startswith("too few: 0 of 0")
    assert not shares[("2020",), book.codes[0]].refusal


def test_audits_of_other_texts_are_refused(tags, truth):
    audit = coded(draw_audit(tags, 200), truth)
    half = TaggedSentences(tags.rows.slice(0, 600), tags.tagged[:600], tags.unsure[:600], tags.scores[:600], tags.codebook, tags.model)
    with pytest.raises(LabelError, match="rows stand for 1,200 sentences, and the tags hold 600"):
        estimate_audit(half, audit)
    fewer = Audit(audit.rows[:150], audit.probability[:150], audit.stratum[:150], audit.coded[:150])
    with pytest.raises(LabelError, match="every row of its sheet"):
        estimate_audit(tags, fewer)
    with pytest.raises(LabelError, match="no sentence of the audit is coded yet"):
        estimate_audit(tags, draw_audit(tags, 200))


def test_a_plan_is_kept(tags, truth, book):
    margin, code = 0.05, 1
    pilot = coded(draw_audit(tags, 100, seed=5), truth)
    plan = plan_audit(tags, margin=margin, pilot=pilot)[code]
    widths = []
    for seed in range(20):
        share = by_code(estimate_audit(tags, coded(draw_audit(tags, plan.needed, seed=seed), truth)))[(), book.codes[code]]
        widths.append((share.corrected.high - share.corrected.low) / 2)
    assert np.mean(widths) == pytest.approx(margin, rel=0.3)


def test_a_narrower_margin_takes_more(tags, book):
    wide, narrow = plan_audit(tags, margin=0.1), plan_audit(tags, margin=0.04)
    assert all(a.for_margin < b.for_margin for a, b in zip(wide, narrow, strict=True))
    assert [a.for_positives for a in wide] == [b.for_positives for b in narrow]
    assert plan_audit(tags, margin=0.001)[0].for_margin is None
    assert plan_audit(tags, margin=0.001)[0].needed is None
    assert wide[0].as_dict()["needed"] == max(wide[0].for_margin, wide[0].for_positives)


def test_a_sheet_serves_another_model(tags, truth, book):
    audit = coded(draw_audit(tags, 400), truth)
    guesses = np.random.default_rng(9).random(tags.scores.shape).astype(np.float32)
    other = by_code(estimate_audit(replace(tags, scores=guesses, tagged=guesses > 0.5), audit))
    own = by_code(estimate_audit(tags, audit))
    for code in book.codes[:5]:
        assert other[(), code].audit == own[(), code].audit
        assert other[(), code].naive == pytest.approx(0.5, abs=0.05)
        assert other[(), code].corrected.low <= truth[:, book.column[code]].mean() <= other[(), code].corrected.high
