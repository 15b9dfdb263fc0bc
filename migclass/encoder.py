"""The encoder scorer: a small transformer beside the linear scorer, their log-odds added code by code.

The network is quantised ONNX and runs under onnxruntime; it and tokenizers come with the extra ``encoder``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from migclass.codebook import Codebook
from migclass.errors import ModelError
from migclass.features import as_column
from migclass.linear import Linear
from migclass.scorers import Parts, check_array

_MOST_PIECES = 512  # of a sentence that a network may be asked to look at


@dataclass(frozen=True)
class Encoder:
    """A transformer with one output a code, and the linear scorer that stands beside it.

    The log-odds are ``mix[0] * network + mix[1] * linear + bias``. ``network`` is an ONNX file with the inputs
    ``input_ids`` and ``attention_mask`` and the output ``logits``, ``tokenizer`` the file that tokenizers reads.
    """

    kind: ClassVar[str] = "encoder"
    exact: ClassVar[bool] = False
    file_names: ClassVar[tuple[str, ...]] = ("network.onnx", "tokenizer.json", *Linear.file_names)

    network: bytes
    tokenizer: bytes
    linear: Linear
    mix: np.ndarray
    bias: np.ndarray
    longest: int

    def logits(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return the log-odds of each code in each sentence, before calibration, float32 of shape (n, k)."""
        texts = as_column(sentences)
        return self.network_logits(texts.to_pylist()) * self.mix[0] + self.linear.logits(texts) * self.mix[1] + self.bias

    def network_logits(self, texts: list[str]) -> np.ndarray:
        """Return what the network alone says, float32 of shape (n, k).

        One sentence at a time: the quantised network scales a batch by its largest value, so that in batches a
        sentence's neighbours would change its score.
        """
        found = np.zeros((len(texts), len(self.bias)), np.float32)
        try:
            for i, encoding in enumerate(self._tokenizer.encode_batch_fast(texts)):
                ids = np.array([encoding.ids], np.int64)
                found[i] = self._session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        except Exception as error:  # both libraries have kinds of their own, and raise them where a file is not what it should be
            raise ModelError(f"damaged network or tokenizer ({error}); get or train the model again") from None
        if not np.isfinite(found).all():
            raise ModelError("the network gives what is no number; get or train the model again")
        return found

    def contributions(self, sentences: Sequence[str]) -> list[tuple[tuple[str, ...], np.ndarray]]:
        """Return the words of each sentence and by how much the log-odds fall without each (occlusion), shape (words, k).

        What words do together is counted for each of them or for none, so these do not sum to the log-odds.
        """
        return [self._losses(sentence) for sentence in sentences]

    def unknown_words(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return what `Linear.unknown_words` does of the linear scorer: the network knows all words by their parts."""
        return self.linear.unknown_words(sentences)

    def _losses(self, sentence: str) -> tuple[tuple[str, ...], np.ndarray]:
        words = sentence.split()
        without = [" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))]
        scored = self.logits([" ".join(words), *without])
        return tuple(words), (scored[0] - scored[1:]).astype(np.float64)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(self.tokenizer.decode())
        tokenizer.enable_truncation(self.longest)
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self.network, options, providers=["CPUExecutionProvider"])

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can't be sent to another process; it is made again there."""
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def parts(self) -> Parts:
        """Return what the scorer is kept as: the network, its tokenizer, and the linear scorer's own parts."""
        beside = self.linear.parts()
        files = beside.files | {"network.onnx": self.network, "tokenizer.json": self.tokenizer}
        arrays = beside.arrays | {"encoder.mix": self.mix, "encoder.bias": self.bias}
        return Parts(arrays, files, beside.settings | {"longest": self.longest})

    @classmethod
    def from_parts(cls, parts: Parts, codebook: Codebook) -> "Encoder":
        """Return the scorer that was kept."""
        mix, bias, longest = parts.arrays["encoder.mix"], parts.arrays["encoder.bias"], parts.settings["longest"]
        k = len(codebook.codes)
        check_array("encoder.mix", mix, np.float32, (2, k))
        check_array("encoder.bias", bias, np.float32, (k,))
        if not (isinstance(longest, int) and 0 < longest <= _MOST_PIECES):
            raise ValueError(f"longest is {longest!r}, expected a number from 1 to {_MOST_PIECES}")
        if missing := next((package for package in ("onnxruntime", "tokenizers") if find_spec(package) is None), None):
            raise ModelError(f"this model needs {missing}, which is not installed; get it with pip install 'migclass[encoder]'")
        linear = Linear.from_parts(parts, codebook)
        return cls(parts.files["network.onnx"], parts.files["tokenizer.json"], linear, mix, bias, longest)
