"""Files of formats that were promised to keep loading, and the numbers that they must keep giving, on every Python and in any number of processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import migclass
from migclass.documents import Document
from migclass.engines import score_documents
from migclass.evaluation import Evaluation
from migclass.inputs import batch_documents

FOLDERS = sorted((Path(__file__).parent / "promises").glob("format-*"))
# What probabilities may differ by, from one Python or processor to the next.
CLOSE = 1e-6


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def kept(request):
    return request.param


@pytest.fixture
def book(kept):
    return migclass.load_codebook(kept / "codebook.toml")


@pytest.fixture
def expected(kept):
    """Sentences and the probabilities that they had when the folder was made."""
    return json.loads((kept / "expected.json").read_text(encoding="utf-8"))


def test_a_model_gives_the_numbers_that_it_gave(kept, expected):
    tagger = migclass.load(kept / "model")
    together, alone = tagger.predict_proba(list(expected)), np.vstack([tagger.predict_proba([text]) for text in expected])
    for found in (together, alone):
        np.testing.assert_allclose(found, np.array(list(expected.values())), rtol=0, atol=CLOSE)


@pytest.mark.parametrize("threads", ["1", "4"])
def test_threads_change_no_number(kept, expected, threads):
    code = f"import migclass; print(migclass.load({str(kept / 'model')!r}).predict_proba({list(expected)!r}).tolist())"
    many = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | many, capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(done.stdout), np.array(list(expected.values())), rtol=0, atol=CLOSE)


def test_one_process_and_two_give_the_same_tags(kept, expected):
    documents = [Document(f"{i}.txt", f"{text} Another sentence.") for i, text in enumerate(expected)]
    tagger = migclass.load(kept / "model")
    one, two = (list(score_documents(tagger, batch_documents(documents, size=50), jobs=jobs)) for jobs in (1, 2))
    assert one == two


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_tags_keep_loading_and_are_what_the_model_says(kept, book, suffix):
    tags, tagger = migclass.read_tags([kept / f"tags.{suffix}"], codebook=book), migclass.load(kept / "model")
    assert len(tags) == 34
    assert tags.own_columns == ("year",)
    assert tags.model == f"promise {tagger.model.hash}"
    texts = tags.rows.column("text").to_pylist()
    np.testing.assert_allclose(tagger.predict_proba(texts), tags.scores, rtol=0, atol=2 * CLOSE)  # text keeps six digits
    np.testing.assert_array_equal(tagger.predict(texts), tags.tagged)


def test_labels_keep_loading(kept, book):
    rows = migclass.read_labels(kept / "labels.jsonl", codebook=book)
    assert len(rows) == 72
    assert (rows[0].coders, rows[0].genre, rows[0].note) == ({"ana": rows[0].frames, "ben": ()}, "press", "dawn")
    assert rows[1].coded == ("harbour", "harvest")


def test_results_keep_loading(kept, book):
    data = json.loads((kept / "result.json").read_text(encoding="utf-8"))
    found = Evaluation.from_dict(data)
    assert json.loads(json.dumps(found.as_dict())) == data
    assert [score.code for score in found.codes] == list(book.codes)
    assert found.mean("frames").codes == 2


def test_results_that_are_none(kept):
    data = json.loads((kept / "result.json").read_text(encoding="utf-8"))
    for broken in ({}, data | {"codes": [{"code": "harbour"}]}, data | {"codes": 3}, data | {"sentences": "many"}):
        with pytest.raises(migclass.MigclassError, match="no result of an evaluation"):
            Evaluation.from_dict(broken)
