"""Word vectors: what a sentence encoder makes of single words, kept as a table so that training can use it without the encoder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import safetensors
import safetensors.numpy

from migclass.arrow import lines
from migclass.errors import ModelError
from migclass.files import replacing_folder
from migclass.indexes import TextIndex
from migclass.resources import resource

_WORDS, _VECTORS = "words.txt", "vectors.safetensors"


@dataclass(frozen=True)
class WordVectors:
    """A vector for each of n words, in order; ``vectors`` is float32 of shape (n, dimensions)."""

    words: pa.StringArray
    vectors: np.ndarray

    def of(self, words: pa.StringArray) -> np.ndarray:
        """Return the vectors of words, shape (words, dimensions); zero for a word that is not in the table."""
        places = TextIndex(self.words).find(words)
        return np.where((places >= 0)[:, None], self.vectors[places], 0).astype(np.float32)


def load_vectors(folder: str | Path | None = None) -> WordVectors:
    """Return the word vectors in a folder; those that ship by default.

    >>> load_vectors().of(pa.array(["border", "qzxw"])).any(axis=1).tolist()
    [True, False]

    Raises:
        ModelError: a file is missing or damaged.
    """
    folder = Path(folder) if folder else resource("models", "word-vectors")
    try:
        words = lines((folder / _WORDS).read_bytes())
        arrays = safetensors.numpy.load((folder / _VECTORS).read_bytes())
        vectors = arrays["vectors"].astype(np.float32) * arrays["scale"]
    except OSError as error:
        raise ModelError(f"{error.filename}: can't be read: {error.strerror}; expected a folder with {_WORDS} and {_VECTORS}") from None
    except (KeyError, ValueError, pa.ArrowException, safetensors.SafetensorError) as error:
        raise ModelError(f"{folder}: damaged word vectors ({type(error).__name__}: {error})") from None
    if len(words) != len(vectors):
        raise ModelError(f"{folder}: {len(words)} words, but {len(vectors)} vectors; make them again")
    return WordVectors(words, vectors)


def save_vectors(words: list[str], vectors: np.ndarray, folder: str | Path, *, force: bool = False) -> None:
    """Write word vectors to a folder, a byte a number; words are put in order.

    Raises:
        OutputError: the folder holds something and ``force`` is not set, or it can't be written.
    """
    order = sorted(range(len(words)), key=words.__getitem__)
    scale = np.abs(vectors).max(axis=0) / 127
    packed = {"vectors": np.round(vectors[order] / scale).astype(np.int8), "scale": scale.astype(np.float32)}
    with replacing_folder(folder, force=force) as new:
        (new / _WORDS).write_text("".join(f"{words[i]}\n" for i in order), encoding="utf-8")
        (new / _VECTORS).write_bytes(safetensors.numpy.save(packed))
