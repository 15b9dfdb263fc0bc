"""The scikit-learn estimator that training uses: it counts, fits one logistic regression a code, and decides out of fold."""

from collections.abc import Iterable, Sequence
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

# How much a cue counts beside a word of average rarity.
_CUE = 10.0
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
        prevalence: for each column of Y, the share of sentences that carry the code in the texts that will be
            scored; None for that of the training sentences.
        folds: number of folds for calibration and thresholds.
        n_jobs: threads; None for one.

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
        prevalence: Sequence[float] | None = None,
        folds: int = 5,
        n_jobs: int | None = None,
    ) -> None:
        self.cues = cues
        self.C = C
        self.ngram_range = ngram_range
        self.min_count = min_count
        self.prevalence = prevalence
        self.folds = folds
        self.n_jobs = n_jobs

    def fit(self, X: Iterable[str], y: Any, groups: Sequence[Any] | None = None, soft: Any = None) -> "FrameClassifier":
        """Fit on n sentences.

        Args:
            X: the sentences; any iterable of strings.
            y: shape (n, k): 1 where the code is carried, 0 where not, nan where nobody judged it.
            groups: passage of each sentence; folds never divide one. None: every sentence is its own.
            soft: a teacher's probabilities, shape (n, k), to fit instead of y; nan where there is none. Calibration
                and thresholds go by y all the same.

        Raises:
            ValueError: no sentences, or y or soft has another length or other values.
        """
        texts = as_column(X).to_pylist()
        Y = _labels(y, len(texts))
        goal = Y if soft is None else _soft_labels(soft, Y)
        self.classes_ = np.arange(Y.shape[1])
        tokens = tokenize(texts)
        space = _Space.learn(tokens, self._patterns(Y.shape[1]), (self.ngram_range[0], self.ngram_range[1]), self.min_count)
        matrix = space.matrix(tokens)
        self.n_features_ = self.n_features_in_ = matrix.shape[1]
        folds = grouped_folds(len(texts), groups, self.folds)
        # The vocabulary of the whole is used in the folds too: it holds no labels, and counting once saves most of the time.
        held_out = np.full(Y.shape, np.nan)
        for train, test in folds:
            coefficients, bias = self._regress(matrix[train], goal[train])
            held_out[test] = matrix[test] @ coefficients + bias
        coefficients, bias = self._regress(matrix, goal)
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

    def _regress(self, matrix: sp.csr_matrix, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return coefficients (features, k) and biases (k,), one balanced logistic regression a code."""
        # In order and without doubles before threads share it: scikit-learn would put it in order in place, in each thread.
        matrix.sum_duplicates()
        jobs = (delayed(_regression)(matrix, column, self.C) for column in Y.T)
        fits = Parallel(n_jobs=self.n_jobs, prefer="threads")(jobs)
        return np.stack([c for c, _ in fits], axis=1), np.array([b for _, b in fits])

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
    fitted = LogisticRegression(C=C, solver="liblinear", max_iter=200).fit(matrix[rows], y, sample_weight=weights)
    return fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0])


class _Space:
    """The counts that a vocabulary makes of sentences: words, pairs, parts of words and cues, each weighed by rarity."""

    def __init__(self, vocabulary: Vocabulary, rarity: dict[str, np.ndarray]) -> None:
        self.vocabulary = vocabulary
        self.rarity = rarity
        self.unit = 1.0

    @classmethod
    def learn(cls, tokens: Tokens, patterns: tuple[str, ...], ngram_range: tuple[int, int], min_count: int) -> "_Space":
        n = len(tokens.lengths)
        seen = np.unique(np.stack([tokens.rows, tokens.ids]), axis=1)
        counts = np.bincount(seen[1], minlength=len(tokens.words))
        words, word_counts = _sorted(tokens.words, counts, min_count)
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
        space = cls(vocabulary, {name: np.log((n + 1) / (np.minimum(c, n) + 1)) + 1 for name, c in counted.items()})
        matrix = space.matrix(tokens)
        # One unit for all counts, so that C means the same whatever the texts: rows of mean square length 1.
        space.unit = float(1 / np.sqrt(max(matrix.multiply(matrix).sum() / max(n, 1), 1e-12)))
        return space

    def matrix(self, tokens: Tokens) -> sp.csr_matrix:
        """Return the weighed counts of sentences, shape (n, features)."""
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
        matrix = sp.hstack([word_part, pair_part, gram_part, cue_part])
        matrix = sp.csr_matrix(sp.diags(self.unit / sentence_norm(tokens)) @ matrix)
        matrix.sort_indices()
        return matrix

    def weights(self, coefficients: np.ndarray, bias: np.ndarray) -> Weights:
        """Return what each entry of the vocabulary adds to the log-odds, given coefficients of shape (features, k)."""
        v, k = self.vocabulary, len(bias)
        cuts = np.cumsum([len(v.words), len(v.pairs), len(v.ngrams)])
        words, pair, ngram, cues = np.split(coefficients * self.unit, cuts)
        parts = Weights(
            words=np.zeros((0, k), np.float32),
            pairs=(pair * self.rarity["pairs"][:, None]).astype(np.float32),
            ngrams=(ngram * self.rarity["ngrams"][:, None]).astype(np.float32),
            cues=(cues * _CUE).astype(np.float32),
            bias=bias.astype(np.float32),
        )
        whole = words * self.rarity["words"][:, None] + part_weights(v.words, v, parts)
        return Weights(**(parts.arrays() | {"words": whole.astype(np.float32)}))


def _sorted(strings: pa.StringArray, counts: np.ndarray, least: int) -> tuple[pa.StringArray, np.ndarray]:
    """Return the strings counted often enough, in order, with their counts."""
    kept = np.flatnonzero(counts >= least)
    chosen = strings.take(numbers(kept))
    order = np.argsort(np.array(chosen.to_pylist(), dtype=object), kind="stable") if len(kept) else np.zeros(0, np.int64)
    return chosen.take(numbers(order)), counts[kept][order]


def _csr(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    return sp.csr_matrix((values.astype(np.float64), (rows, columns)), shape=shape)
