"""A model is a folder of plain files: arrays in safetensors, vocabulary and codebook as text, the rest in model.json.

Loading checks the format number and the hash of every file, and runs no code.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from os.path import isdir
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import safetensors
import safetensors.numpy

from migclass.codebook import Codebook, parse_codebook
from migclass.decisions import Decision
from migclass.decoding import read_bytes
from migclass.encoder import Encoder
from migclass.errors import CodebookError, ModelError, OutputError
from migclass.files import replacing_folder
from migclass.limits import MOST_MODEL_BYTES, MOST_NAME
from migclass.linear import Linear
from migclass.resources import resource
from migclass.scorers import Parts, Scorer, check_array

FORMAT = 2
DEFAULT = "base"
PICTURE = "quality.svg"
# How a folder is read, by the kind of scorer that its model.json names.
_SCORERS: dict[str, type[Scorer]] = {scorer.kind: scorer for scorer in (Linear, Encoder)}
# Every file that a model folder may hold.
_NAMES = {"README.md", "model.json", "arrays.safetensors", "codebook.toml", PICTURE, *(name for s in _SCORERS.values() for name in s.file_names)}


@dataclass(frozen=True)
class Model:
    """A trained model with what it was made from.

    ``scorer`` gives log-odds, ``decision`` reads them. ``about`` holds what model.json says beside the arrays: name,
    version, recipe, parameters, hashes of the labels, measured quality. ``card`` is the Markdown page about it,
    ``picture`` the SVG that stands in it.
    """

    scorer: Scorer
    decision: Decision
    codebook: Codebook
    about: dict[str, Any] = field(default_factory=dict)
    card: str = ""
    picture: str = ""

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.about.get("name", ""))

    @cached_property
    def hash(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of model.json, which holds the hashes of what is scored with."""
        return _digest(self.manifest)[:16]

    @property
    def mark(self) -> str:
        """Name and hash, as tags carry them."""
        return f"{self.name} {self.hash}".strip()

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The files of the folder that scores depend on, by name."""
        arrays = self._parts.arrays | {f"decision.{name}": array for name, array in self.decision.arrays().items()}
        packed = safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        return {"arrays.safetensors": packed, "codebook.toml": self.codebook.source.encode()} | self._parts.files

    @cached_property
    def _parts(self) -> Parts:
        return self.scorer.parts()

    def probabilities(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return the calibrated probability of each code in each sentence, float32 of shape (n, k)."""
        return self.decision.probabilities(self.scorer.logits(sentences))

    @cached_property
    def manifest(self) -> bytes:
        """The bytes of model.json."""
        head = {"format": FORMAT, "scorer": self.scorer.kind, "settings": self._parts.settings, "codes": list(self.codebook.codes)}
        head["files"] = {name: _digest(data) for name, data in self.files.items()}
        return (json.dumps(head | {"about": self.about}, indent=1, ensure_ascii=False) + "\n").encode()


def check_place(folder: str | Path, *, force: bool = False) -> Path:
    """Return the path of a model folder that may be written, so that a long training doesn't fail at its end.

    Raises:
        ModelError: it is there already and ``force`` is not set, it is no model folder, holds files of somebody else's,
            or would lie inside a file.
    """
    folder = Path(folder)
    if folder.exists() and not force:
        raise ModelError(f"{folder}: exists already; name another folder or replace it with --force")
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if folder.exists() and "model.json" not in names and (names or not folder.is_dir()):
        raise ModelError(f"{folder}: exists and is no model folder (no model.json in it); name another folder")
    if foreign := sorted(names - _NAMES):
        raise ModelError(f"{folder}: holds {foreign[0]} beside the model, which would be lost; move it away or name another folder")
    if inside := next((parent for parent in folder.absolute().parents if parent.is_file()), None):
        raise ModelError(f"{folder}: can't be made, since {inside} is a file; name another folder")
    return folder


def save_model(model: Model, folder: str | Path, *, force: bool = False) -> Path:
    """Write a model folder whole or not at all.

    Raises:
        ModelError: the folder may not be written, as `check_place` says.
        OutputError: it can't be written.
    """
    folder = check_place(folder, force=force)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: can't be made: {error.strerror}; choose a folder that you may write to") from None
    with replacing_folder(folder, force=force) as new:
        for name, data in _all_files(model).items():
            (new / name).write_bytes(data)
    return folder


def _all_files(model: Model) -> dict[str, bytes]:
    picture = {PICTURE: model.picture.encode()} if model.picture else {}
    return model.files | {"README.md": model.card.encode(), "model.json": model.manifest} | picture


def find_model(name: str | Path | None = None) -> Path:
    """Return the folder of a model: a folder's path as it is, a name among the shipped models, none for the default.

    Raises:
        ModelError: there is neither; the message lists the shipped names.
    """
    if name is None:
        return resource("models", DEFAULT)
    if isdir(name):
        return Path(name)
    if str(name) in shipped_models():
        return resource("models", str(name))
    shipped = ", ".join(shipped_models()) or "none"
    raise ModelError(f"{name}: no such model; expected the path of a model folder or a shipped model's name ({shipped})")


def shipped_models() -> tuple[str, ...]:
    """Return the names of the models that ship with migclass."""
    return tuple(sorted(path.parent.name for path in resource("models").glob("*/model.json")))


def model_hash(folder: Path) -> str:
    """Return the hash of the model in a folder, without loading it.

    Raises:
        ModelError: there is no model.json.
    """
    return _digest(_read(folder, "model.json"))[:16]


def load_model(name: str | Path | None = None) -> Model:
    """Load a model by name or folder; without one, the default.

    Raises:
        ModelError: no such model, or a file of it is missing, changed, or of another format.
    """
    folder = find_model(name)
    source = _read(folder, "model.json")
    manifest = _parse_manifest(source, folder)
    names = ("arrays.safetensors", "codebook.toml", *_SCORERS[manifest["scorer"]].file_names)
    files = {name: _read(folder, name) for name in names}
    hashes = manifest.get("files")
    for file, data in files.items():
        if _digest(data) != (hashes.get(file) if isinstance(hashes, dict) else None):
            raise ModelError(f"{folder / file}: is not the file that model.json speaks of (its hash differs); get or train the model again")
    card = _read(folder, "README.md").decode("utf-8", "replace")
    picture = _read(folder, PICTURE).decode("utf-8", "replace") if (folder / PICTURE).is_file() else ""
    try:
        model = replace(_assemble(manifest, files, folder), card=card, picture=picture)
    except (KeyError, TypeError, ValueError, IndexError, safetensors.SafetensorError, pa.ArrowException, CodebookError) as error:
        raise ModelError(f"{folder}: damaged model folder ({type(error).__name__}: {error}); get or train the model again") from None
    # What was read is known to be what the manifest says, so the files need not be made again to hash it.
    model.__dict__["manifest"] = source
    return model


def _parse_manifest(data: bytes, folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError):
        raise ModelError(f"{folder / 'model.json'}: is no JSON; expected the file that migclass wrote; get or train the model again") from None
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise ModelError(f"{folder / 'model.json'}: says no format; expected a folder that `migclass train` made")
    if manifest["format"] != FORMAT:
        raise ModelError(f"{folder / 'model.json'}: format {manifest['format']!r}; this version reads format {FORMAT}; train the model again")
    if str(manifest.get("scorer")) not in _SCORERS:
        raise ModelError(f"{folder / 'model.json'}: scorer {manifest.get('scorer')!r}; expected one of {', '.join(_SCORERS)}; train the model again")
    return manifest


def _read(folder: Path, name: str) -> bytes:
    if not (folder / name).exists():
        raise ModelError(f"{folder}: no {name} in it; expected a model folder that `migclass train` made")
    return read_bytes(folder / name, error=ModelError, most=MOST_MODEL_BYTES)


def _assemble(manifest: dict[str, Any], files: dict[str, bytes], folder: Path) -> Model:
    arrays = safetensors.numpy.load(files["arrays.safetensors"])
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name} holds what is no number")
    codebook = parse_codebook(files["codebook.toml"].decode(), where=str(folder / "codebook.toml"))
    scorer = _SCORERS[manifest["scorer"]].from_parts(Parts(arrays, files, manifest["settings"]), codebook)
    decision = Decision(**{name.removeprefix("decision."): array for name, array in arrays.items() if name.startswith("decision.")})
    for name, array in decision.arrays().items():
        check_array(f"decision.{name}", array, np.float32, (len(codebook.codes),))
    about = dict(manifest["about"])
    if len(str(about.get("name", ""))) > MOST_NAME:
        raise ValueError(f"the name has more than {MOST_NAME} characters")
    return Model(scorer, decision, codebook, about)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
