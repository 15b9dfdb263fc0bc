import numpy as np
import pyarrow as pa
import pytest

import migclass
from migclass.tagging import TAG_COLUMNS

SENTENCES = ["They closed the border and deported two hundred people.", "", "Nurses from abroad fill the shortage.", "The meeting was adjourned."]


def test_shapes_and_order(tagger, book):
    assert tagger.codes == book.codes
    p = tagger.predict_proba(SENTENCES)
    assert p.shape == (4, len(book.codes))
    assert p.dtype == np.float32
    marks = tagger.predict(SENTENCES)
    for tags, row, scores in zip(tagger.tag(SENTENCES), marks, p, strict=True):
        assert tags.frames + tags.poles == tuple(c for c, m in zip(book.codes, row, strict=True) if m)
        assert list(tags.scores) == list(book.codes)
        np.testing.assert_allclose(list(tags.scores.values()), scores)


def test_no_sentences(tagger, book):
    assert tagger.predict_proba([]).shape == (0, len(book.codes))
    assert tagger.tag([]) == []
    assert tagger.tag_document("") == []


def test_document_offsets(tagger):
    text = "First point here.\n\nThe border\nis closed."
    for tags in tagger.tag_document(text):
        assert " ".join(text[tags.start : tags.end].split()) == tags.text


def test_batches_keep_their_columns(tagger):
    batch = pa.RecordBatch.from_pydict({"id": [1, 2, 3, 4], "text": SENTENCES})
    scored = tagger.score_batch(batch)
    assert scored.schema.names == ["id", "text", *TAG_COLUMNS]
    assert scored.select(["id", "text"]) == batch
    assert tagger.score_batch(batch.slice(0, 0)).num_rows == 0
    with pytest.raises(KeyError):
        tagger.score_batch(batch, text_column="body")
    with pytest.raises(ValueError, match="column 'frames' already"):
        tagger.score_batch(batch.append_column("frames", batch["text"]))


def test_unsure_lies_around_the_threshold(tagger, rows):
    decision = tagger.model.decision
    assert ((decision.low < decision.threshold) & (decision.threshold < decision.high)).all()
    tags = tagger.tag([row.text for row in rows])
    assert any(tag.unsure for tag in tags)
    for tag in tags:
        for j, code in enumerate(tagger.codes):
            assert (code in tag.unsure) == (decision.low[j] <= np.float32(tag.scores[code]) < decision.high[j])


def test_the_default_model_reads_the_worked_examples(book):
    tagger = migclass.load()
    found = tagger.predict([example.text for example in book.examples])
    truth = np.array([[code in example.frames + example.poles for code in book.codes] for example in book.examples])
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.6


def test_one_string_is_no_list_of_sentences(tagger):
    for call in (tagger.tag, tagger.predict, tagger.predict_proba):
        with pytest.raises(TypeError, match="one string"):
            call("The border is closed.")


def test_explanations_sum_to_the_log_odds(tagger, rows):
    for row in rows[:40]:
        found = tagger.explain(row.text)
        total = found.contributions.sum(axis=0) + found.base
        p = np.array([found.tags.scores[code] for code in tagger.codes], np.float64)
        np.testing.assert_allclose(total, np.log(p / (1 - p)), atol=2e-3)
    empty = tagger.explain("")
    assert empty.contributions.shape == (0, len(tagger.codes))


def test_tags_say_what_made_them(tagger):
    rows = tagger.score_batch(pa.RecordBatch.from_pydict({"text": SENTENCES[:1]})).to_pylist()
    for tags in (*tagger.tag(SENTENCES), *tagger.tag_document(SENTENCES[0]), tagger.explain(SENTENCES[0]).tags):
        assert (tags.model, tags.codebook) == (rows[0]["model"], rows[0]["codebook"])
        assert tags.model == f"small {tagger.model.hash}"
        assert tags.codebook.endswith(tagger.model.codebook.hash)
