"""The examples in docstrings are run."""

import doctest
from importlib import import_module

import pytest
from test_architecture import CORRIDOR


@pytest.mark.parametrize("room", [*CORRIDOR, "reports.charts"])
def test_examples(room):
    if room == "finetuning":
        pytest.importorskip("torch", reason="fine-tuning needs the extra train-encoder")
    result = doctest.testmod(import_module(f"migclass.{room}"))
    assert result.failed == 0
