"""Flips a bit in every byte of every file of a small model folder, as it is and with hashes made right again.

    python tests/fuzz/flips.py

A folder must be refused in one line, or give finite scores: the same as before where the hashes were left as they were.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import migclass

TEXTS = ["The dockers left the quay, and nurses came.", "", "unknownwordling"]


def main() -> None:
    """Print how often a flip was refused, changed nothing, or changed scores; end with an error where anything else happened."""
    source = Path(__file__).resolve().parent.parent / "promises" / "format-2" / "model"
    folder = Path(shutil.copytree(source, Path(tempfile.mkdtemp()) / "model"))
    expected = migclass.load(folder).predict_proba(TEXTS)
    counts: Counter[str] = Counter()
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for place in range(len(whole)):
            data = bytearray(whole)
            data[place] ^= 1 << place % 8
            for agree in {False, path.name != "model.json"}:
                path.write_bytes(data)
                manifest = (source / "model.json").read_bytes()
                if agree:
                    said = json.loads(manifest)
                    said["files"][path.name] = hashlib.sha256(data).hexdigest()
                    manifest = json.dumps(said).encode()
                if path.name != "model.json":
                    (folder / "model.json").write_bytes(manifest)
                counts[f"{path.name}{', hashes made right' * agree}: {outcome(folder, expected, agree)}"] += 1
        path.write_bytes(whole)
        (folder / "model.json").write_bytes((source / "model.json").read_bytes())
    for what, count in sorted(counts.items()):
        print(f"{count:7,}  {what}")
    print(f"{counts.total():7,}  flips")
    sys.exit(any("WRONG" in what for what in counts))


def outcome(folder: Path, expected: np.ndarray, agree: bool) -> str:
    """Return what became of a folder."""
    try:
        found = migclass.load(folder).predict_proba(TEXTS)
    except migclass.ModelError:
        return "refused"
    if np.array_equal(found, expected):
        return "the same scores"
    return "other scores" if agree and np.isfinite(found).all() else "WRONG scores"


if __name__ == "__main__":
    main()
