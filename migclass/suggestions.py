"""What to code next: sentences that a model is unsure of, of codes that few labels carry, unlike each other; and some drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from migclass.classifiers import FrameClassifier
from migclass.codebook import Codebook
from migclass.decisions import log_odds
from migclass.errors import LabelError
from migclass.features import cue_hits, cue_pattern, tokenize
from migclass.labels import LabelledSentence, near_duplicates, targets
from migclass.prose import sentence_lines
from migclass.tagging import Tagger
from migclass.vectors import load_vectors

# The note of a sentence that was drawn at random.
AT_RANDOM = "drawn at random"
# Sentences that are looked at closely for each that is wanted, and at random in reserve for those that turn out to be labelled.
_LOOKED_AT, _RESERVE = 20, 2


def suggest(
    pool: Sequence[LabelledSentence],
    tagger: Tagger,
    n: int = 100,
    *,
    labels: Sequence[LabelledSentence] = (),
    codebook: Codebook | None = None,
    at_random: float = 0.2,
    seed: int = 0,
) -> list[LabelledSentence]:
    """Choose n sentences of a pool to code next.

    A part is drawn at random: a plain sample of the sentences of the pool that are not labelled yet, so that it can be used for
    estimates once it is coded. For the rest see `choose`. Headings and near-duplicates of labelled sentences are not taken, nor
    near-duplicates of each other, but for those drawn at random.

    Args:
        pool: sentences, as `migclass.read_pool` gives them.
        tagger: the model whose doubts count.
        n: how many; fewer if there are not so many.
        labels: what is labelled, or with coders, already. Codes of which it has few positives are looked for most.
        codebook: the codes to look for; None for the model's. Of a code that the model does not know, likely sentences are taken,
            by what ``labels`` teach of it, or while they hold none of it, by its cues.
        at_random: the share that is drawn at random.
        seed: the same seed draws the same sentences.

    Returns:
        The sentences in random order; ``note`` says why each was taken: AT_RANDOM, or for which code.

    Raises:
        LabelError: no sentence of the pool is left to code.
    """
    book = codebook or tagger.model.codebook
    pool = _unlabelled(pool, labels)
    views = _views([row.text for row in pool], tagger, labels, book)
    have = np.nansum(targets(labels, book), axis=0)
    generator = np.random.default_rng(seed)
    mixed = generator.permutation(len(pool))[: round(n * at_random) * _RESERVE].tolist()
    promising = np.argsort(-(views.doubt / (have + 1)).sum(axis=1), kind="stable")[: n * _LOOKED_AT].tolist()
    labelled, likes = _likes(pool, {*mixed, *promising}, labels)
    drawn = [i for i in mixed if i not in labelled][: round(n * at_random)]
    promising = _unlike(promising, labelled.union(drawn, *(likes[i] for i in drawn)), likes)
    places, codes = choose(views.doubt[promising], have, _vectors([pool[i].text for i in promising]), n - len(drawn))
    taken = [replace(pool[i], note=AT_RANDOM) for i in drawn]
    chosen = [promising[place] for place in places]
    taken += [replace(pool[i], note=views.reason(i, j, book)) for i, j in zip(chosen, codes, strict=True)]
    return [taken[i] for i in generator.permutation(len(taken))]


def choose(doubt: np.ndarray, have: np.ndarray, vectors: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose sentences one by one: the one with most doubt over all codes, that over starved codes counting most.

    The doubt over a code is divided by its positives so far and the doubt chosen for it already, so that codes take turns; and the
    sum counts by how unlike the sentence is to the most similar chosen one (as in maximal marginal relevance, Carbonell and
    Goldstein 1998).

    Args:
        doubt: of N sentences over k codes, from 0 to 1, shape (N, k).
        have: positives of each code so far, shape (k,).
        vectors: of length 1, near to each other for like sentences, shape (N, d).
        n: how many.

    Returns:
        The places of the chosen sentences, and the code that spoke most for each, both of shape (n,) or (N,).

    >>> choose(np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.7]]), np.array([0, 0]), np.eye(3), 2)[0].tolist()
    [0, 2]
    """
    have, likeness = have.astype(np.float64), np.zeros(len(doubt))
    places: list[int] = []
    codes: list[int] = []
    for _ in range(min(n, len(doubt))):
        worth = doubt / (have + 1)
        gain = worth.sum(axis=1) * (1 - likeness)
        gain[places] = -1
        place = int(gain.argmax())
        places.append(place)
        codes.append(int(worth[place].argmax()))
        have += doubt[place]
        likeness = np.maximum(likeness, vectors @ vectors[place])
    return np.array(places, np.int64), np.array(codes, np.int64)


@dataclass(frozen=True)
class _Views:
    """What is thought of N sentences for k codes: probability, shape (N, k), and threshold, shape (k,).

    For a code that the model does not know, the threshold is nan, and the probability is a share of the highest.
    """

    probability: np.ndarray
    threshold: np.ndarray

    @property
    def doubt(self) -> np.ndarray:
        """1 at the threshold, less the farther from it in log-odds, shape (N, k); of a code that it does not know, the probability."""
        margin = np.abs(log_odds(self.probability) - log_odds(self.threshold))
        return np.where(np.isnan(self.threshold), self.probability, np.exp(-margin))

    def reason(self, sentence: int, code: int, book: Codebook) -> str:
        """Return why a sentence was taken for a code."""
        name, probability, threshold = book.codes[code], self.probability[sentence, code], self.threshold[code]
        if np.isnan(threshold):
            return f"may have '{name}', which the model does not know"
        return f"near the threshold of '{name}' ({probability:.2f}, tagged from {threshold:.2f})"


def _views(texts: Sequence[str], tagger: Tagger, labels: Sequence[LabelledSentence], book: Codebook) -> _Views:
    """Return what is thought of texts: by the model, and for codes that it does not know by one trained on the labels, or by their cues."""
    probability, threshold = np.zeros((len(texts), len(book.codes))), np.full(len(book.codes), np.nan)
    known = [code for code in book.codes if code in tagger.codes]
    ours, theirs = [book.column[code] for code in known], [tagger.codes.index(code) for code in known]
    probability[:, ours] = tagger.predict_proba(texts)[:, theirs]
    threshold[ours] = tagger.model.decision.threshold[theirs]
    Y = targets(labels, book)
    for j in sorted(set(range(len(book.codes))) - set(ours)):
        probability[:, j] = _guess(texts, labels, Y[:, j], book.entries[j].cues)
    return _Views(probability, threshold)


def _guess(texts: Sequence[str], labels: Sequence[LabelledSentence], y: np.ndarray, cues: Sequence[str]) -> np.ndarray:
    """Return how probable a code is in texts as a share of the highest, shape (n,).

    Learnt from labels of the code, 1, 0, nan; where these tell nothing, 1 in texts with a cue. Probabilities learnt from a handful of
    labels mean little by themselves, but they put likely sentences first.
    """
    judged = np.flatnonzero(~np.isnan(y)).tolist()
    if not 0 < y[judged].sum() < len(judged):
        return _with_cues(texts, cues)
    classifier = FrameClassifier([cues], vectors=load_vectors())
    rows = [labels[i] for i in judged]
    classifier.fit([row.text for row in rows], y[judged, None], groups=[row.passage for row in rows])
    probability = classifier.predict_proba(texts)[:, 0]
    return probability / probability.max()


def _with_cues(texts: Sequence[str], cues: Sequence[str]) -> np.ndarray:
    """Return which texts have a cue, shape (n,)."""
    tokens = tokenize(texts)
    hits = cue_hits(tokens.words, [cue_pattern(cues)])[tokens.ids, 0]
    return np.bincount(tokens.rows, weights=hits, minlength=len(texts)) > 0


def _vectors(texts: Sequence[str]) -> np.ndarray:
    """Return a vector of length 1 for each sentence, shape (n, d): those of its words, rare words counting more, less what all have in common.

    After Arora, Liang and Ma (2017), with the mean in place of the first principal component.
    """
    tokens, table = tokenize(texts), load_vectors()
    rarity = np.log((len(texts) + 1) / (np.bincount(tokens.ids, minlength=len(tokens.words)) + 1)) + 1
    vectors = np.zeros((len(texts), table.vectors.shape[1]))
    np.add.at(vectors, tokens.rows, (table.of(tokens.words) * rarity[:, None])[tokens.ids])
    vectors -= vectors.sum(axis=0) / max(len(texts), 1)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _unlabelled(pool: Sequence[LabelledSentence], labels: Sequence[LabelledSentence]) -> list[LabelledSentence]:
    """Return the sentences of a pool but headings and those that are labelled."""
    if not pool:
        raise LabelError("the pool holds no sentence; name files with text in them")
    labelled = {row.text for row in labels}
    sentences = sentence_lines([row.text for row in pool])
    left = [row for row, is_sentence in zip(pool, sentences, strict=True) if is_sentence and row.text not in labelled]
    if not left:
        raise LabelError(f"none of {len(pool)} sentences is left to code: all are labelled already, or headings")
    return left


def _likes(pool: Sequence[LabelledSentence], places: set[int], labels: Sequence[LabelledSentence]) -> tuple[set[int], dict[int, set[int]]]:
    """Return which of some places in the pool hold near-duplicates of labels, and for each the places of its own."""
    order = sorted(places)
    labelled: set[int] = set()
    likes: dict[int, set[int]] = {place: set() for place in order}
    for i, j, _ in near_duplicates([*(row.text for row in labels), *(pool[place].text for place in order)]):
        if i < len(labels) <= j:
            labelled.add(order[j - len(labels)])
        elif i >= len(labels):
            one, other = order[i - len(labels)], order[j - len(labels)]
            likes[one].add(other)
            likes[other].add(one)
    return labelled, likes


def _unlike(places: Sequence[int], barred: set[int], likes: dict[int, set[int]]) -> list[int]:
    """Return places that are not barred; each bars those like it."""
    barred, kept = set(barred), []
    for place in places:
        if place not in barred:
            kept.append(place)
            barred |= likes[place]
    return kept
