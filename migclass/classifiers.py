"""The scikit-learn estimator that training uses: it counts, fits one logistic regression a code, and decides out of fold."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from migclass.arrow import numbers, to_numpy
from migclass.calibration import decide, grouped_folds
from migclass.features import (
    Tokens,
    Vocabulary,
    as_column,
    cue_hits,
    cue_pattern,
    ngrams,
    pair_keys,
    tokenize,
    word_lengths,
)
from migclass.indexes import TextIndex
from migclass.linear import Linear, Weights, half_precision, part_weights, sentence_norm
from migclass.vectors import WordVectors

# How much a cue counts beside a word of average rarity.
_CUE = 10.0
# How much the vectors of a sentence's words count beside all other counts of it.
_VECTOR = 0.3
# When a regression is done, and the passes after which it is done anyway.
_TOLERANCE, _ITERATIONS = 1e-3, 1000
# Parts of a soft label below this are dropped.
_LITTLE = 0.01


class FrameClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Tags sentences with any number of codes: word, word-pair and part-of-word counts, cue words, logistic regression.

    Probabilities are calibrated (Platt 1999) and thresholds chosen for the best F1, both on folds that were not
    trained on; with ``prevalence``, both as if each code were that frequent (Saerens et al. 2002).

    Args:
        cues: for each column of Y, words that make the code likelier ("border*" stands for all words that begin so);
            None for no cues.
        C: inverse strength of the penalty on weights.
        ngram_range: shortest and longest part of a word.
        min_count: words and pairs in fewer sentences are left out, and parts in fewer words.
        vectors: vectors of words, counted beside the words themselves, so that a word that no training sentence has is
            judged by words that are like it; None for none.
        prevalence: for each column of Y, the share of sentences that carry the code in the texts that will be
            scored; None for that of the training sentences.
        folds: number of folds for calibration and thresholds.
        n_jobs: processes; None for this one alone.

    Attributes:
        linear_: the fitted scorer.
        decision_: its calibration and thresholds.
        held_out_: log-odds of each training sentence by a model that has not seen it, before calibration, shape (n, k).
        classes_: the column numbers of Y, shape (k,).
        n_features_: number of counts.

    >>> texts = ["they closed the border", "the border is shut", "wages rose", "the wages of nurses"] * 5
    >>> labels = [[1, 0], [1, 0], [0, 1], [0, 1]] * 5
    >>> FrameClassifier(folds=2).fit(texts, labels).predict(["a border", "higher wages"]).tolist()
    [[1, 0], [0, 1]]
    """

    def __init__(
        self,
        cues: Sequence[Sequence[str]] | None = None,
        *,
        C: float = 8.0,
        ngram_range: tuple[int, int] = (4, 6),
        min_count: int = 2,
        vectors: WordVectors | None = None,
        prevalence: Sequence[float] | None = None,
        folds: int = 5,
        n_jobs: int | None = None,
    ) -> None:
        self.cues = cues
        self.C = C
        self.ngram_range = ngram_range
        self.min_count = min_count
        self.vectors = vectors
        self.prevalence = prevalence
        self.folds = folds
        self.n_jobs = n_jobs

    def fit(
        self, X: Iterable[str], y: Any, groups: Sequence[Any] | None = None, soft: Any = None, say: Callable[[str], None] = lambda message: None
    ) -> "FrameClassifier":
        """Fit on n sentences.

        Args:
            X: the sentences; any iterable of strings.
            y: shape (n, k): 1 where the code is carried, 0 where not, nan where nobody judged it.
            groups: passage of each sentence; folds never divide one. None: every sentence is its own.
            soft: a teacher's probabilities, shape (n, k), to fit instead of y; nan where there is none. Calibration
                and thresholds go by y all the same.
            say: called with lines about progress.

        Raises:
            ValueError: no sentences, or y or soft has another length or other values.
        """
        texts = as_column(X).to_pylist()
        Y = _labels(y, len(texts))
        goal = Y if soft is None else _soft_labels(soft, Y)
        self.classes_ = np.arange(Y.shape[1])
        say(f"counting words in {len(texts)} sentences")
        tokens = tokenize(texts)
        space = _Space.learn(tokens, self._patterns(Y.shape[1]), (self.ngram_range[0], self.ngram_range[1]), self.min_count, self.vectors)
        matrix = space.matrix(tokens)
        self.n_features_ = self.n_features_in_ = matrix.shape[1]
        folds = grouped_folds(len(texts), groups, self.folds)
        # The vocabulary of the whole is used in the folds too: it holds no labels, and counting once saves most of the time.
        held_out = np.full(Y.shape, np.nan)
        fits = self._regress(matrix, goal, [train for train, _ in folds] + [np.arange(len(texts))], say)
        for (_, test), (coefficients, bias) in zip(folds, fits, strict=False):
            held_out[test] = matrix[test] @ coefficients + bias
        coefficients, bias = fits[-1]
        self.held_out_ = held_out
        self.decision_ = decide(held_out, Y, self.prevalence)
        self.linear_ = Linear(space.vocabulary, half_precision(space.weights(coefficients, bias)))
        return self

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:
        """Return calibrated probabilities, shape (n, k)."""
        check_is_fitted(self)
        return self.decision_.probabilities(self.linear_.logits(X))

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return 1 where a code reaches its threshold, else 0, shape (n, k)."""
        return (self.predict_proba(X) >= self.decision_.threshold).astype(int)

    def score(self, X: Iterable[str], y: Any, sample_weight: Any = None) -> float:
        """Return the mean F1 over the codes that y has positives of; nan in y is left out."""
        from migclass.evaluation import f1_scores

        Y = np.asarray(y, float)
        scores = f1_scores(Y, self.predict(X).astype(bool))
        return float(scores[np.nansum(Y, axis=0) > 0].mean()) if (np.nansum(Y, axis=0) > 0).any() else 0.0

    def _patterns(self, k: int) -> tuple[str, ...]:
        if self.cues is None:
            return tuple(cue_pattern(()) for _ in range(k))
        if len(self.cues) != k:
            raise ValueError(f"cues are given for {len(self.cues)} codes, but y has {k} columns")
        return tuple(cue_pattern(words) for words in self.cues)

    def _regress(
        self, matrix: sp.csr_matrix, Y: np.ndarray, parts: Sequence[np.ndarray], say: Callable[[str], None]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return coefficients (features, k) and biases (k,) for each of some parts of the rows."""
        say(f"learning {Y.shape[1]} codes {len(parts)} times: without each of {len(parts) - 1} folds, and from all")
        # Processes, since threads would share liblinear's random numbers and no two runs would be the same.
        running = Parallel(n_jobs=self.n_jobs, return_as="generator")(delayed(_regressions)(matrix[rows], Y[rows], self.C) for rows in parts)
        fits = []
        for number, fit in enumerate(running, 1):
            say(f"learnt {number} of {len(parts)}")
            fits.append(fit)
        return fits

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.classifier_tags.multi_label = True
        return tags


def _labels(y: Any, n: int) -> np.ndarray:
    Y = np.asarray(y.toarray() if sp.issparse(y) else y, float)
    if n == 0:
        raise ValueError("no sentences to fit on; expected at least one")
    if Y.ndim != 2 or len(Y) != n:
        raise ValueError(f"y has shape {Y.shape}; expected ({n}, number of codes), a column a code")
    if not np.isin(Y[~np.isnan(Y)], (0, 1)).all():
        raise ValueError("y holds values other than 0, 1 and nan; expected 1 where a code is carried, 0 where not")
    return Y


def _soft_labels(soft: Any, Y: np.ndarray) -> np.ndarray:
    soft = np.asarray(soft, float)
    if soft.shape != Y.shape or not ((soft >= 0) & (soft <= 1) | np.isnan(soft)).all():
        raise ValueError(f"soft has shape {soft.shape}; expected probabilities of the shape of y, {Y.shape}")
    return np.where(np.isnan(soft) | np.isnan(Y), Y, soft)


def _regressions(matrix: sp.csr_matrix, Y: np.ndarray, C: float) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients (features, k) and biases (k,), one balanced logistic regression a code."""
    fits = [_regression(matrix, column, C) for column in Y.T]
    return np.stack([coefficients for coefficients, _ in fits], axis=1), np.array([bias for _, bias in fits])


def _regression(matrix: sp.csr_matrix, column: np.ndarray, C: float) -> tuple[np.ndarray, float]:
    """Return weights and bias of one code; ``column`` holds 1, 0, nan, or anything between as the share of a yes."""
    judged = ~np.isnan(column)
    share = column[judged]
    # A sentence that is partly a yes counts as both, in these parts; both kinds weigh the same in all.
    yes, no = np.flatnonzero(share > _LITTLE), np.flatnonzero(share < 1 - _LITTLE)
    if not len(yes) or not len(no):
        # Nothing to tell apart: a code without positives (or negatives, or judgements) gets a constant.
        return np.zeros(matrix.shape[1], np.float32), 4.0 if len(yes) else -4.0
    rows = np.flatnonzero(judged)[np.concatenate([yes, no])]
    weights = np.concatenate([share[yes] / share.sum(), (1 - share[no]) / (1 - share).sum()]) * len(share) / 2
    y = np.arange(len(rows)) < len(yes)
    # There are far more counts than sentences, so the dual problem is the smaller one: the same answer in a sixth of the time.
    regression = LogisticRegression(C=C, solver="liblinear", dual=True, tol=_TOLERANCE, max_iter=_ITERATIONS, random_state=0)
    fitted = regression.fit(matrix[rows], y, sample_weight=weights)
    return fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0])


class _Space:
    """The counts that a vocabulary makes of sentences: words, pairs, parts of words and cues, each weighed by rarity; and word vectors."""

    def __init__(self, vocabulary: Vocabulary, rarity: dict[str, np.ndarray], vectors: WordVectors | None) -> None:
        self.vocabulary = vocabulary
        self.rarity = rarity
        self.vectors = vectors
        self.unit = 1.0
        self.vector_unit = 1.0

    @classmethod
    def learn(cls, tokens: Tokens, patterns: tuple[str, ...], ngram_range: tuple[int, int], min_count: int, vectors: WordVectors | None) -> "_Space":
        n = len(tokens.lengths)
        seen = np.unique(np.stack([tokens.rows, tokens.ids]), axis=1)
        counts = np.bincount(seen[1], minlength=len(tokens.words))
        words, word_counts = _sorted(tokens.words, counts, min_count)
        if vectors:
            words, word_counts = _with_words(words, word_counts, vectors.words)
        keys = pair_keys(Tokens(words, TextIndex(words).find(tokens.words)[tokens.ids], tokens.offsets), len(words))
        rows, keys = tokens.rows[keys >= 0], keys[keys >= 0]
        known, pair_counts = np.unique(np.unique(np.stack([rows, keys]), axis=1)[1], return_counts=True)
        kept = pair_counts >= min_count
        places, grams = ngrams(tokens.words, ngram_range)
        encoded = grams.dictionary_encode()
        ids = to_numpy(encoded.indices)
        # A part counts in as many sentences as the words that hold it.
        gram_counts = np.bincount(ids, weights=counts[places], minlength=len(encoded.dictionary)).astype(np.int64)
        parts, part_counts = _sorted(encoded.dictionary, gram_counts, min_count + 1)
        vocabulary = Vocabulary(words, known[kept], parts, ngram_range, patterns)
        counted = {"words": word_counts, "pairs": pair_counts[kept], "ngrams": part_counts}
        space = cls(vocabulary, {name: np.log((n + 1) / (np.minimum(c, n) + 1)) + 1 for name, c in counted.items()}, vectors)
        # One unit for all counts, so that C means the same whatever the texts: rows of mean square length 1.
        space.unit = 1 / _length(space._counts(tokens))
        space.vector_unit = _VECTOR / _length(space._vectors(tokens))
        return space

    def matrix(self, tokens: Tokens) -> sp.csr_matrix:
        """Return the weighed counts of sentences and the sums of their words' vectors, shape (n, features)."""
        matrix = sp.hstack([self._counts(tokens) * self.unit, self._vectors(tokens) * self.vector_unit], format="csr")
        matrix.sort_indices()
        return matrix

    def _vectors(self, tokens: Tokens) -> sp.csr_matrix:
        if self.vectors is None:
            return sp.csr_matrix((len(tokens.lengths), 0))
        occurs = _csr(np.ones(len(tokens.ids)), tokens.rows, tokens.ids, (len(tokens.lengths), len(tokens.words)))
        return sp.csr_matrix((occurs @ self.vectors.of(tokens.words)) / sentence_norm(tokens)[:, None])

    def _counts(self, tokens: Tokens) -> sp.csr_matrix:
        n, v = len(tokens.lengths), self.vocabulary
        ids = v.find_words(tokens.words)
        occurs = _csr(np.ones(len(tokens.ids)), tokens.rows, tokens.ids, (n, len(tokens.words)))
        known = np.flatnonzero(ids >= 0)
        word_part = occurs @ _csr(self.rarity["words"][ids[known]], known, ids[known], (len(tokens.words), len(v.words)))
        places = v.find_pairs(Tokens(v.words, ids[tokens.ids], tokens.offsets))
        rows, places = tokens.rows[places >= 0], places[places >= 0]
        pair_part = _csr(self.rarity["pairs"][places], rows, places, (n, len(v.pairs)))
        words, gram_ids = v.find_ngrams(tokens.words)
        values = self.rarity["ngrams"][gram_ids] / np.sqrt(word_lengths(tokens.words))[words]
        gram_part = occurs @ _csr(values, words, gram_ids, (len(tokens.words), len(v.ngrams)))
        cue_part = occurs @ sp.csr_matrix(cue_hits(tokens.words, v.cues) * _CUE)
        counts = sp.hstack([word_part, pair_part, gram_part, cue_part])
        return sp.csr_matrix(sp.diags(1 / sentence_norm(tokens)) @ counts)

    def weights(self, coefficients: np.ndarray, bias: np.ndarray) -> Weights:
        """Return what each entry of the vocabulary adds to the log-odds, given coefficients of shape (features, k)."""
        v, k = self.vocabulary, len(bias)
        cuts = np.cumsum([len(v.words), len(v.pairs), len(v.ngrams), len(v.cues)])
        words, pair, ngram, cues, directions = np.split(coefficients, cuts)
        words, pair, ngram, cues = (part * self.unit for part in (words, pair, ngram, cues))
        parts = Weights(
            words=np.zeros((0, k), np.float32),
            pairs=(pair * self.rarity["pairs"][:, None]).astype(np.float32),
            ngrams=(ngram * self.rarity["ngrams"][:, None]).astype(np.float32),
            cues=(cues * _CUE).astype(np.float32),
            bias=bias.astype(np.float32),
        )
        whole = words * self.rarity["words"][:, None] + part_weights(v.words, v, parts)
        if self.vectors:
            whole += self.vectors.of(v.words) @ (directions * self.vector_unit)
        return Weights(**(parts.arrays() | {"words": whole.astype(np.float32)}))


def _sorted(strings: pa.StringArray, counts: np.ndarray, least: int) -> tuple[pa.StringArray, np.ndarray]:
    """Return the strings counted often enough, in order, with their counts."""
    kept = np.flatnonzero(counts >= least)
    chosen = strings.take(numbers(kept))
    order = np.argsort(np.array(chosen.to_pylist(), dtype=object), kind="stable") if len(kept) else np.zeros(0, np.int64)
    return chosen.take(numbers(order)), counts[kept][order]


def _with_words(words: pa.StringArray, counts: np.ndarray, more: pa.StringArray) -> tuple[pa.StringArray, np.ndarray]:
    """Return words in order with their counts, and further ones among them, which count 0 unless they are there already."""
    both = pa.concat_arrays([words, more]).dictionary_encode()
    all_counts = np.zeros(len(both.dictionary), np.int64)
    all_counts[: len(words)] = counts
    return _sorted(both.dictionary, all_counts, 0)


def _length(matrix: sp.csr_matrix) -> float:
    """Return the root mean square length of the rows."""
    return float(np.sqrt(max(matrix.multiply(matrix).sum() / max(matrix.shape[0], 1), 1e-12)))


def _csr(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    return sp.csr_matrix((values.astype(np.float64), (rows, columns)), shape=shape)
