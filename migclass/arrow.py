"""Arrow arrays from numpy and Python values and back, without ``pyarrow.array``: that loads pandas, which takes longer than a page."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def numbers(values: np.ndarray) -> pa.Array:
    """Return a numpy array of numbers as an Arrow array.

    >>> numbers(np.array([1, 2])).type
    DataType(int64)
    """
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def to_numpy(array: pa.Array) -> np.ndarray:
    """Return an Arrow array of numbers or marks, without nulls, as a numpy array; numbers share their memory.

    >>> to_numpy(numbers(np.array([1, 2])).slice(1))
    array([2])
    """
    if pa.types.is_boolean(array.type):
        return to_numpy(array.cast(pa.uint8())).view(bool)
    kind = array.type.to_pandas_dtype()
    return np.frombuffer(array.buffers()[1] or b"", kind, count=array.offset + len(array))[array.offset :]


def text_buffers(texts: pa.StringArray | pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets, int64 of shape (n + 1,), and the bytes that they count: the UTF-8 of all texts, one after the other.

    >>> text_buffers(strings(["a", "bc", "d"]).slice(1))
    (array([0, 2, 3]), array([ 98,  99, 100], dtype=uint8))
    """
    _, places, data = texts.buffers()
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    offsets = np.frombuffer(places or bytes(8), kind)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    return offsets - offsets[0], np.frombuffer(data or b"", np.uint8)[offsets[0] : offsets[-1]]


def strings(values: Sequence[str | None]) -> pa.LargeStringArray:
    """Return strings as an Arrow array; None is null, and lone surrogates (from broken JSON) become question marks.

    >>> strings(["a", None, "é"]).to_pylist()
    ['a', None, 'é']
    """
    encoded = [b"" if value is None else value.encode("utf-8", "replace") for value in values]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(data) for data in encoded], out=offsets[1:])
    there = np.packbits([value is not None for value in values], bitorder="little") if None in values else None
    mask = None if there is None else pa.py_buffer(there)
    return pa.LargeStringArray.from_buffers(len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)), mask)


def lines(data: bytes) -> pa.StringArray:
    r"""Return the lines of UTF-8 data, each ended by a line feed, as an Arrow array that shares its memory.

    >>> lines(b"ab\n\nc\n").to_pylist()
    ['ab', '', 'c']
    """
    bytes_ = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(bytes_ == ord("\n"))
    starts = np.concatenate([[0], ends + 1])
    kept = np.delete(bytes_, ends)
    offsets = (starts - np.arange(len(starts))).astype(np.int32)
    array = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(kept))
    array.validate(full=True)
    return array


def column(values: Sequence[Any]) -> pa.Array:
    """Return values of any kind as an Arrow array; lists, objects and mixed kinds become JSON text.

    >>> column([1, None, [2]]).to_pylist()
    ['1', None, '[2]']
    """
    kinds = {type(value) for value in values}
    if not kinds <= {str, int, float, bool, type(None)} or len(kinds - {type(None)}) > 1:
        values = [value if value is None or isinstance(value, str) else json.dumps(value, default=str) for value in values]
        kinds = {type(value) for value in values}
    if int in kinds and max(abs(value) for value in values if value is not None) >= 2**63:
        return column([None if value is None else str(value) for value in values])
    if kinds <= {str, type(None)} and str in kinds:
        return strings(values).cast(pa.string())
    if kinds in ({int}, {float}):
        return numbers(np.array(values, np.int64 if kinds == {int} else np.float64))
    return pa.array(values)
