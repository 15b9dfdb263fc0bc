import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from migclass.codebook import load_codebook
from migclass.errors import LabelError
from migclass.labels import near_duplicates
from migclass.suggestions import AT_RANDOM, choose, suggest

DOUBT = np.random.default_rng(0).random((200, 3)) ** 4


def hidden(rows):
    return [replace(row, frames=(), poles=(), coders={}, coded=(), note="") for row in rows]


@pytest.fixture
def longer_book(tmp_path, book):
    """The shipped codebook with a frame more."""
    path = tmp_path / "mine.toml"
    path.write_text(book.source + '\n[[frame]]\nid = "health"\nname = "health"\ncoded = "Illness and care."\ncues = ["clinic*", "vaccin*"]\n')
    return load_codebook(path)


def test_the_most_doubtful_is_chosen_first():
    places, codes = choose(DOUBT, np.zeros(3), np.zeros((200, 2)), 1)
    assert places[0] == DOUBT.sum(axis=1).argmax()
    assert codes[0] == DOUBT[places[0]].argmax()


def test_starved_codes_are_served_most():
    _, codes = choose(DOUBT, np.array([100, 0, 100]), np.eye(200), 10)
    assert Counter(codes.tolist()) == {1: 10}
    _, codes = choose(DOUBT, np.zeros(3), np.eye(200), 30)
    assert min(Counter(codes.tolist()).values()) >= 8


def test_what_is_like_a_chosen_sentence_is_not_chosen():
    vectors = np.repeat(np.eye(4), 50, axis=0)
    places, _ = choose(DOUBT, np.zeros(3), vectors, 4)
    assert sorted(places // 50) == [0, 1, 2, 3]


def test_no_more_is_chosen_than_there_is():
    assert sorted(choose(DOUBT[:3], np.zeros(3), np.eye(3), 9)[0]) == [0, 1, 2]
    assert len(choose(DOUBT[:0], np.zeros(3), np.zeros((0, 3)), 9)[0]) == 0


def test_suggestions_say_why_and_nothing_is_judged(rows, tagger, book):
    chosen = suggest(hidden(rows), tagger, 40, at_random=0.25, seed=1)
    assert len({row.id for row in chosen}) == 40
    assert all(row.codes == () and row.coded == () for row in chosen)
    reasons = Counter(row.note.split("'")[0] for row in chosen)
    assert reasons == {AT_RANDOM: 10, "near the threshold of ": 30}
    for row in chosen:
        if row.note != AT_RANDOM:
            code, probability, threshold = re.search(r"'(\w+)' \((.*), tagged from (.*)\)", row.note).groups()
            assert f"{tagger.predict_proba([row.text])[0, book.column[code]]:.2f}" == probability
            assert f"{tagger.model.decision.threshold[book.column[code]]:.2f}" == threshold
    assert chosen == suggest(hidden(rows), tagger, 40, at_random=0.25, seed=1)
    assert chosen != suggest(hidden(rows), tagger, 40, at_random=0.25, seed=2)


def test_labelled_sentences_their_likes_and_headings_are_left_out(rows, tagger):
    labels, rest = rows[:300], hidden(rows[300:340])
    nearly = [replace(row, id=f"{row.id}x", text=row.text.replace(" the ", " a ", 1)) for row in hidden(labels[:100]) if " the " in row.text]
    heading = replace(rest[0], id="h", text="Our Work in the Region")
    chosen = suggest([*hidden(labels), *nearly, *rest, heading], tagger, 500, labels=labels)
    assert {row.id for row in chosen} <= {row.id for row in rest} | {row.id for row in nearly}
    both = [row.text for row in (*labels, *chosen)]
    assert not [pair for pair in near_duplicates(both) if pair[0] < 300 <= pair[1]]
    with pytest.raises(LabelError, match="none of 300 sentences is left to code"):
        suggest(hidden(labels), tagger, labels=labels)
    with pytest.raises(LabelError, match="holds no sentence"):
        suggest([], tagger)


def test_the_random_part_is_a_plain_sample(rows, tagger):
    pool, times = hidden(rows[:40]), 60
    counts = Counter(row.id for seed in range(times) for row in suggest(pool, tagger, 10, at_random=1, seed=seed))
    drawn = np.array([counts[row.id] for row in pool if row.id in counts])
    share = 10 / len(drawn)
    # Five standard deviations of so many draws.
    assert np.abs(drawn - times * share).max() < 5 * np.sqrt(times * share * (1 - share))


def test_a_code_that_the_model_does_not_know_is_found_by_its_cues(rows, tagger, longer_book):
    chosen = suggest(hidden(rows[:100]), tagger, 10, labels=rows[100:], codebook=longer_book, at_random=0)
    found = [row.text.lower() for row in chosen if row.note == "may have 'health', which the model does not know"]
    assert found
    assert all("clinic" in text or "vaccin" in text for text in found)


def test_or_by_the_labels_that_are_there(rows, tagger, longer_book):
    ill = ["Malaria spread in the camp.", "A nurse treated the fever of a child.", "No hospital had beds for malaria.", "Fever and malaria again."]
    labels = [replace(rows[i], id=f"m{i}", passage=f"m{i}", text=text, frames=("health",)) for i, text in enumerate(ill)] + rows[100:]
    pool = [*hidden(rows[10:100]), replace(hidden(rows)[0], id="new", text="After the flood the fever came, and then malaria, they said.")]
    chosen = suggest(pool, tagger, len(pool), labels=labels, codebook=longer_book, at_random=0)
    assert next(row for row in chosen if row.id == "new").note.startswith("may have 'health'")
