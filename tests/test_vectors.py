import numpy as np
import pyarrow as pa
import pytest

from migclass.errors import ModelError
from migclass.vectors import load_vectors, save_vectors


@pytest.fixture
def folder(tmp_path):
    save_vectors(["wage", "border"], np.array([[0.5, -1.0], [2.0, 0.25]]), tmp_path)
    return tmp_path


def test_vectors_come_back(folder):
    vectors = load_vectors(folder)
    assert vectors.words.to_pylist() == ["border", "wage"]
    np.testing.assert_allclose(vectors.of(pa.array(["wage", "visa"])), [[0.5, -1.0], [0, 0]], atol=0.01)


def test_what_ships_knows_words_of_the_field():
    vectors = load_vectors()
    found = vectors.of(pa.array(["refugee", "asylum", "banana"]))
    near = found @ found.T / np.outer(np.linalg.norm(found, axis=1), np.linalg.norm(found, axis=1))
    assert near[0, 1] > near[0, 2] + 0.2


def test_missing_and_damaged_vectors_are_told(folder):
    with pytest.raises(ModelError, match=r"words\.txt: can't be read: No such file"):
        load_vectors(folder / "nowhere")
    (folder / "words.txt").write_text("border\n", encoding="utf-8")
    with pytest.raises(ModelError, match="1 words, but 2 vectors"):
        load_vectors(folder)
    (folder / "vectors.safetensors").write_bytes(b"no arrays")
    with pytest.raises(ModelError, match="damaged word vectors"):
        load_vectors(folder)
