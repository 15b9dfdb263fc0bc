"""Make the table of word vectors that the recipe `static` starts from: models/word-vectors.

    python benchmarks/word_vectors.py

Each word is read by the sentence encoder alone; the mean of its last layer is cut down to the main directions of all words.
Words are the whole words that the encoder's tokenizer knows and those in two or more of our training sentences.
Needs the extra `train-encoder`.
"""

from collections import Counter
from pathlib import Path

import click
import numpy as np
import torch
from sklearn.decomposition import PCA
from transformers import AutoModel, AutoTokenizer

from migclass.codebook import DEFAULT, load_codebook
from migclass.features import tokenize
from migclass.finetuning import starting_weights
from migclass.labels import read_labels
from migclass.vectors import save_vectors

FOLDER = Path(__file__).parent.parent / "models" / "word-vectors"
DIMENSIONS = 128
BATCH = 256


def words_to_know(known: list[str]) -> list[str]:
    """Return the words of the table, as features cut them."""
    texts = [row.text for row in read_labels(DEFAULT, codebook=load_codebook()) if row.split == "train"]
    counts = Counter(word for text in texts for word in set(tokenize([text]).words.to_pylist()))
    whole = (word for word in known if word.isalpha() and len(word) > 1)
    return sorted({word for word, count in counts.items() if count > 1} | set(tokenize(list(whole)).words.to_pylist()))


@torch.inference_mode()
def embed(words: list[str], start: str) -> np.ndarray:
    """Return the mean of the last layer over the pieces of each word, shape (words, width)."""
    tokenizer, network = AutoTokenizer.from_pretrained(start), AutoModel.from_pretrained(start).eval()
    found = []
    for first in range(0, len(words), BATCH):
        pieces = tokenizer(words[first : first + BATCH], padding=True, truncation=True, max_length=16, return_tensors="pt")
        mask = pieces["attention_mask"][..., None]
        states = network(**pieces).last_hidden_state
        found.append(((states * mask).sum(1) / mask.sum(1)).numpy())
    return np.concatenate(found)


@click.command()
@click.option("--encoder", metavar="DIR|NAME", help="The sentence encoder. [default: all-MiniLM-L6-v2]")
def main(encoder: str | None) -> None:
    """Make the table and write it."""
    start = encoder or starting_weights()
    words = words_to_know([word for word in AutoTokenizer.from_pretrained(start).get_vocab() if not word.startswith(("##", "["))])
    vectors = PCA(DIMENSIONS, random_state=0).fit_transform(embed(words, start))
    vectors /= np.sqrt((vectors**2).sum(axis=1).mean())
    save_vectors(words, vectors, FOLDER, force=True)
    click.echo(f"{FOLDER}: {len(words)} words, {DIMENSIONS} numbers each")


if __name__ == "__main__":
    main()
