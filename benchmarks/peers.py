"""Other ways to do the same work, trained on the same labels. Each is a `Peer`: features of sentences, and a classifier on them.

Thresholds and calibration of all of them are chosen as for our models, on sentences that were not trained on; nothing else is tuned.
The packages come with `pip install '.[peers]'`.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from migclass.calibration import decide, grouped_folds
from migclass.decisions import Decision, log_odds

Probabilities = Callable[[Sequence[str]], np.ndarray]
FOLDS = 3
# Steps of 16 pairs: on two cores about as long as our own encoder takes.
SETFIT_STEPS = 600


Fit = Callable[[list[str], np.ndarray], tuple[Probabilities, float]]


@dataclass(frozen=True)
class Peer:
    """A trained peer: what it says of sentences, how that is read, its size on disk and how long training took."""

    predict: Probabilities
    decision: Decision
    megabytes: float
    seconds: float


def train_peer(fit: Fit, texts: list[str], Y: np.ndarray, passages: Sequence[str], prevalence: Sequence[float] | None) -> Peer:
    """Fit on everything, then on folds for the thresholds; ``fit`` returns what predicts and its megabytes."""
    start = time.perf_counter()
    predict, megabytes = fit(texts, Y)
    seconds = time.perf_counter() - start
    held_out = np.full(Y.shape, np.nan)
    for train, test in grouped_folds(len(texts), passages, FOLDS):
        partial, _ = fit([texts[i] for i in train], Y[train])
        held_out[test] = log_odds(partial([texts[i] for i in test]))
    return Peer(predict, decide(held_out, Y, prevalence), megabytes, seconds)


def train_once(fit: Fit, texts: list[str], Y: np.ndarray, passages: Sequence[str], prevalence: Sequence[float] | None) -> Peer:
    """Fit on nine tenths of the passages and choose thresholds on the tenth, for what takes too long to fit again and again."""
    train, test = grouped_folds(len(texts), passages, 10)[0]
    start = time.perf_counter()
    predict, megabytes = fit([texts[i] for i in train], Y[train])
    seconds = time.perf_counter() - start
    return Peer(predict, decide(log_odds(predict([texts[i] for i in test])), Y[test], prevalence), megabytes, seconds)


def tfidf(texts: list[str], Y: np.ndarray) -> tuple[Probabilities, float]:
    """scikit-learn at its defaults: TfidfVectorizer of words and pairs, one logistic regression a code."""
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), OneVsRestClassifier(LogisticRegression(max_iter=1000))).fit(texts, Y.astype(int))
    arrays = [estimator.coef_ for estimator in model[-1].estimators_]
    return model.predict_proba, sum(a.nbytes for a in arrays) / 1e6


def fasttext_model(texts: list[str], Y: np.ndarray) -> tuple[Any, float]:
    """FastText 0.9.3, one-vs-all loss, word pairs, 25 passes (its documentation's values for several labels): its own model, and megabytes."""
    import fasttext as library

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        lines = (" ".join([f"__label__{j}" for j in np.flatnonzero(y)] + [_flat(text)]) for text, y in zip(texts, Y, strict=True))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        model = library.train_supervised(str(path), loss="ova", wordNgrams=2, epoch=25, lr=0.5, thread=2, verbose=0, bucket=200_000)
        model.save_model(f"{folder}/model.bin")
        return model, Path(f"{folder}/model.bin").stat().st_size / 1e6


def fasttext(texts: list[str], Y: np.ndarray) -> tuple[Probabilities, float]:
    """Return what fastText's model says of every code."""
    model, megabytes = fasttext_model(texts, Y)
    k = Y.shape[1]

    def predict(sentences: Sequence[str]) -> np.ndarray:
        found = np.zeros((len(sentences), k))
        # The list API: with single strings, probabilities are wrong under numpy 2.
        labels, scores = model.predict([_flat(sentence) for sentence in sentences], k=k)
        for row, (names, values) in enumerate(zip(labels, scores, strict=True)):
            found[row, [int(name.removeprefix("__label__")) for name in names]] = values
        return found

    return predict, megabytes


def _flat(text: str) -> str:
    return " ".join(text.split()).lower()


def embedded(embed: Callable[[Sequence[str]], np.ndarray], megabytes: float) -> Fit:
    """Return a way to fit a logistic regression a code on embeddings that do not change."""
    cache: dict[str, np.ndarray] = {}

    def cached(sentences: Sequence[str]) -> np.ndarray:
        if new := [sentence for sentence in dict.fromkeys(sentences) if sentence not in cache]:
            cache.update(zip(new, embed(new), strict=True))
        return np.stack([cache[sentence] for sentence in sentences])

    def fit(texts: list[str], Y: np.ndarray) -> tuple[Probabilities, float]:
        model = OneVsRestClassifier(LogisticRegression(C=10, solver="newton-cholesky")).fit(cached(texts), Y.astype(int))
        return lambda sentences: model.predict_proba(embed(list(sentences))), megabytes

    return fit


def minilm() -> Callable[[Sequence[str]], np.ndarray]:
    """Frozen all-MiniLM-L6-v2."""
    from sentence_transformers import SentenceTransformer

    from migclass.finetuning import starting_weights

    model = SentenceTransformer(starting_weights(), device="cpu")
    return lambda sentences: model.encode(list(sentences), batch_size=64, show_progress_bar=False)


def model2vec() -> Callable[[Sequence[str]], np.ndarray]:
    """A static model distilled from all-MiniLM-L6-v2, 256 dimensions."""
    from model2vec.distill import distill

    from migclass.finetuning import starting_weights

    model = distill(model_name=starting_weights(), pca_dims=256)
    return lambda sentences: model.encode(list(sentences))


def setfit(texts: list[str], Y: np.ndarray) -> tuple[Probabilities, float]:
    """SetFit: all-MiniLM-L6-v2 tuned on pairs of sentences, then a logistic regression a code on what it says of all of them."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    from migclass.finetuning import starting_weights

    carried = np.flatnonzero(Y.sum(axis=1) > 0)
    chosen = np.random.default_rng(0).choice(carried, min(4000, len(carried)), replace=False)
    data = Dataset.from_dict({"text": [texts[i] for i in chosen], "label": Y[chosen].astype(int).tolist()})
    model = SetFitModel.from_pretrained(starting_weights(), multi_target_strategy="one-vs-rest", device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, batch_size=16, max_steps=SETFIT_STEPS, sampling_strategy="undersampling", show_progress_bar=False, report_to="none"
        )
        Trainer(model=model, args=arguments, train_dataset=data).train()
    body = model.model_body
    return embedded(lambda sentences: body.encode(list(sentences), batch_size=64, show_progress_bar=False), 90.9)(texts, Y)
