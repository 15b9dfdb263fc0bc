"""How whole files are changed: bytes, or the values in them, so that what is behind the parsers is reached as well."""

import io
import json
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy
from atheris import FuzzedDataProvider

# Values and stretches of bytes that are known to hurt.
VALUES = [
    None, True, -1, 0, 2**31, 2**63, 2**70, 10**400, 1.5, float("inf"), float("nan"), "", "x", "\ud800", "\0", "=1+1", "\u202e", "😀" * 50, "a;b",
    "[", "[1]", "{}", "1e999", [], [[]], [None], {}, {"": None}, "x" * 9999,
]  # fmt: skip
SETTINGS = [
    b"1", b"-1", b"true", b"1e999", b"9" * 5000, b'""', b'"x"', b"[]", b"[1]", b'["x"]', b"[[]]", b"{}", b"{a = 1}", b"1979-05-27", b"[" * 9999,
]  # fmt: skip
TOKENS = [
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\n\n", b'"', b"'''", b"[[", b"{" * 99, b"[" * 9999, b"=", b";", b",", b"\t",
    b"9" * 5000, b"1e999", b"nan", b"-1", b"null", b"\\ud800", b"a." * 200, b"<!ENTITY a 'b'>", b"&a;" * 99, b"<div>" * 999, b"]]>", b"<![CDATA[",
    b"/Count 99999999", b"/Kids [2 0 R]", b"/Length 99999999", b"/Encrypt 5 0 R", b"endstream", b"\xe2\x80\xa8", b"a-\n" * 99, b". " * 999,
    b"- " * 999,
    b"16384", b"1048576", b"XFD1048576", b"true", b"0" * 400, b"---\n-a:\n-a:\n", b"`" * 99, b"**" * 99, b"PAR1", b"PK\x05\x06",
]  # fmt: skip


def mutate(data: bytes, choose: FuzzedDataProvider) -> bytes:
    """Return bytes with a few stretches changed."""
    data = bytearray(data)
    for _ in range(choose.ConsumeIntInRange(1, 4)):
        at = choose.ConsumeIntInRange(0, len(data))
        end = min(len(data), at + choose.ConsumeIntInRange(1, 2 ** choose.ConsumeIntInRange(0, 12)))
        match choose.ConsumeIntInRange(0, 6):
            case 0 if at < len(data):
                data[at] ^= 1 << choose.ConsumeIntInRange(0, 7)
            case 1:
                data[at:end] = b""
            case 2:
                data[at:at] = data[at:end] * choose.ConsumeIntInRange(1, 50)
            case 3:
                data[at:end] = choose.PickValueInList(TOKENS)
            case 4:
                data[at:at] = choose.PickValueInList(TOKENS)
            case 5:
                data[at:end] = choose.ConsumeBytes(end - at)
            case 6 if choose.ConsumeBool():
                del data[at:]
    return bytes(data)


def mutate_value(value: object, choose: FuzzedDataProvider) -> object:
    """Return plain data with a value changed, gone or added somewhere in it."""
    places = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not places or choose.ConsumeIntInRange(0, 5) == 0:
        return choose.PickValueInList(VALUES)
    value, place = value.copy(), choose.PickValueInList(places)
    match choose.ConsumeIntInRange(0, 5):
        case 0:
            del value[place]
        case 1 if isinstance(value, dict):
            value[str(choose.PickValueInList(VALUES))] = choose.PickValueInList(VALUES)
        case _:
            value[place] = mutate_value(value[place], choose)
    return value


def mutate_lines(data: bytes, choose: FuzzedDataProvider) -> bytes:
    """Return JSON lines with values of one of them changed, or bytes."""
    if choose.ConsumeIntInRange(0, 2) == 0:
        return mutate(data, choose)
    lines = data.splitlines()
    at = choose.ConsumeIntInRange(0, len(lines) - 1)
    lines[at] = json.dumps(mutate_value(json.loads(lines[at]), choose)).encode()
    return b"\n".join(lines)


def mutate_toml(data: bytes, choose: FuzzedDataProvider) -> bytes:
    """Return TOML with a line gone, twice or with another value, or its bytes changed."""
    if choose.ConsumeIntInRange(0, 2) == 0:
        return mutate(data, choose)
    lines = data.splitlines()
    at = choose.ConsumeIntInRange(0, len(lines) - 1)
    key = lines[at].split(b"=")[0]
    lines[at : at + 1] = choose.PickValueInList([[], [lines[at]] * 2, *([key + b"= " + value] for value in SETTINGS)])
    return b"\n".join(lines)


def mutate_archive(data: bytes, choose: FuzzedDataProvider) -> bytes:
    """Return an Office file with one of its parts changed, or its bytes."""
    if choose.ConsumeIntInRange(0, 3) == 0:
        return mutate(data, choose)
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w") as archive:
        changed = choose.PickValueInList(old.namelist())
        for name in old.namelist():
            archive.writestr(name, mutate(old.read(name), choose) if name == changed else old.read(name))
    return new.getvalue()


def mutate_parquet(data: bytes, choose: FuzzedDataProvider) -> bytes:
    """Return a Parquet file whose rows hold other values or lack columns, or its bytes changed."""
    if choose.ConsumeIntInRange(0, 2) == 0:
        return mutate(data, choose)
    columns, file = pq.read_table(io.BytesIO(data)).to_pydict(), io.BytesIO()
    name = choose.PickValueInList(list(columns))
    columns[name] = [choose.PickValueInList(VALUES)] * len(columns[name]) if choose.ConsumeBool() else mutate_value(columns[name], choose)
    try:
        pq.write_table(pa.table(columns), file)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError, TypeError, ValueError, AttributeError):
        return data
    return file.getvalue()


def mutate_arrays(data: bytes, choose: FuzzedDataProvider) -> bytes:
    """Return arrays of which one has other numbers, another type or another shape, is gone or has another name."""
    arrays = safetensors.numpy.load(data)
    name = choose.PickValueInList(sorted(arrays))
    array = arrays.pop(name)
    match choose.ConsumeIntInRange(0, 5):
        case 0:
            arrays[name] = array.astype(choose.PickValueInList(["f2", "f4", "f8", "i1", "i8", "u8", "?"]))
        case 1:
            arrays[name] = array.reshape(choose.PickValueInList([(-1,), (1, *array.shape), (*array.shape, 1), array.shape[::-1]]))
        case 2:
            arrays[name] = array[: choose.ConsumeIntInRange(0, len(array))].copy()
        case 3:
            arrays[choose.PickValueInList(["x", "weights.x", "decision.x"])] = array
        case _:
            flat = array.reshape(-1).copy()
            number = choose.PickValueInList([-1, 0, 127, 65504, 2**31 - 1, 2**62, np.nan, np.inf])
            with np.errstate(all="ignore"):
                flat[choose.ConsumeIntInRange(0, max(len(flat) - 1, 0)) :] = np.array(number).astype(array.dtype)
            arrays[name] = flat.reshape(array.shape)
    return safetensors.numpy.save(arrays)
