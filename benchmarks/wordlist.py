"""The baseline that everyone has: a word list. Writes it as a model folder, so that `migclass evaluate` measures it like any other.

    python benchmarks/wordlist.py            # writes benchmarks/wordlist/

A sentence carries a code when one of the codebook's cue words for it stands in it; nothing is learnt or weighed.
"""

from pathlib import Path

import numpy as np

from migclass.arrow import strings
from migclass.codebook import load_codebook
from migclass.decisions import Decision
from migclass.features import Vocabulary, cue_pattern
from migclass.linear import Linear, Weights
from migclass.model import Model, save_model

FOLDER = Path(__file__).parent / "wordlist"
CARD = """---
language: en
license: apache-2.0
library_name: migclass
---
# wordlist

A baseline, not a model to use: a code is tagged where one of the codebook's cue words for it stands in the sentence.
Made by `benchmarks/wordlist.py`.
"""


def word_list() -> Model:
    """Return the codebook's cue words as a linear model that says yes to any of them."""
    book = load_codebook()
    k = len(book.codes)
    nothing = strings([]).cast("string")
    vocabulary = Vocabulary(nothing, np.zeros(0, np.int64), nothing, (1, 1), tuple(cue_pattern(code.cues) for code in book.entries))
    none = np.zeros((0, k), np.float32)
    weights = Weights(words=none, pairs=none, ngrams=none, cues=np.eye(k, dtype=np.float32) * 1e3, bias=np.full(k, -1, np.float32))
    one, half = np.ones(k, np.float32), np.full(k, 0.5, np.float32)
    decision = Decision(scale=one, offset=one * 0, threshold=half, low=half, high=half)
    return Model(Linear(vocabulary, weights), decision, book, {"name": "wordlist", "recipe": "word list"}, CARD)


if __name__ == "__main__":
    print(save_model(word_list(), FOLDER, force=True))
