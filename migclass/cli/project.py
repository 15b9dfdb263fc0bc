"""The project file ``migclass.toml``: which model the commands use in its folder and all below. The library never reads it."""

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migclass.codebook import load_codebook
from migclass.errors import ProjectError
from migclass.files import replacing
from migclass.model import DEFAULT, find_model, shipped_models
from migclass.resources import resource
from migclass.tagging import Tagger, load
from migclass.tomlfiles import parse_toml, read_toml_text

if TYPE_CHECKING:
    from migclass.tagfiles import TaggedSentences

FILE = "migclass.toml"
_KEY = "model"
# A line that may set the model: what stands before the value, and the value.
_LINE = re.compile(rf"""^([ \t]*(?:{_KEY}|"{_KEY}"|'{_KEY}')[ \t]*=[ \t]*)("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s#]+)""", re.M)


@dataclass(frozen=True)
class Project:
    """A project file: its path and its text, which is empty where there is none yet."""

    path: Path
    text: str = ""

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the file says."""
        return parse_toml(self.text, str(self.path), error=ProjectError)

    @property
    def model(self) -> str | None:
        """The model that the file names, as it stands there."""
        name = self.data.get(_KEY)
        if name is None or isinstance(name, str):
            return name
        raise ProjectError(f"{self._where}: '{_KEY}' is {name!r}; expected a model folder or the name of a model that ships, in quotes")

    @property
    def _where(self) -> str:
        found = _LINE.search(self.text)
        return f"{self.path}:{self.text.count(chr(10), 0, found.start()) + 1}" if found else str(self.path)

    def find_model(self) -> Path | None:
        """Return the folder of the model that the file names, None where it names none.

        Raises:
            ProjectError: the file is broken, or names what is not there.
        """
        name = self.model
        if name is None:
            return None
        if os.path.isfile(self.path.parent / name / "model.json"):
            return self.path.parent / name
        if name in shipped_models():
            return resource("models", name)
        shipped = ", ".join(shipped_models())
        raise ProjectError(
            f"{self._where}: '{_KEY}' is '{name}', and there is no such model; expected a model folder, seen from this file, or a model that ships "
            f"({shipped}); train it again, or choose another: migclass models promote MODEL"
        )

    def with_model(self, folder: str) -> "Project":
        """Return the file with another model; all else stays, comments too.

        Args:
            folder: a model folder, or the name of a model that ships.

        Raises:
            ModelError: there is no such model.
            ProjectError: the file is broken, or its line can't be told from the rest.
        """
        name = Path(os.path.relpath(folder, self.path.parent)).as_posix() if Path(folder).is_dir() else find_model(folder).name
        value, wanted = json.dumps(name, ensure_ascii=False), self.data | {_KEY: name}
        changed = [self.text[: line.start(2)] + value + self.text[line.end(2) :] for line in _LINE.finditer(self.text)]
        for text in (*changed, f"{_KEY} = {value}\n{self.text}"):
            if _says(text, wanted):
                return Project(self.path, text)
        raise ProjectError(f"{self.path}: can't be changed without harm to the rest; write the line there yourself: {_KEY} = {value}")

    def save(self) -> None:
        """Write the file, whole or not at all."""
        with replacing(self.path, force=True) as file:
            file.write(self.text.encode())


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted and bool(text.encode())
    except ValueError:
        # No TOML, or no UTF-8.
        return False


def find_project() -> Project:
    """Return the project file of this folder or the nearest above it; where there is none, the one that this folder may get.

    Raises:
        ProjectError: it can't be read.
    """
    here = Path.cwd()
    found = next((folder / FILE for folder in (here, *here.parents) if os.path.isfile(folder / FILE)), None)
    if found is None:
        return Project(Path(FILE))
    path = Path(os.path.relpath(found))
    return Project(path, read_toml_text(path, error=ProjectError))


def read_tags_here(files: Sequence[str], codebook: str | None) -> "TaggedSentences":
    """Read tags by the codebook file that is named, else by the one they carry: one that ships, or that of the project's model."""
    # Not at the top: who scores a page need not wait for it.
    from migclass.tagfiles import read_tags

    return read_tags(files, codebook=load_codebook(codebook) if codebook else None, models=project_models())


def project_models() -> Iterator[Path]:
    """Yield the folder of the project's model, if there is one."""
    if folder := find_project().find_model():
        yield folder


def chosen_model(name: str | None) -> str | Path | None:
    """Return what --model names, else the folder of the project's model, else None, which is the default that ships."""
    return name or find_project().find_model()


def open_tagger(name: str | None) -> Tagger:
    """Return the tagger with the model of `chosen_model`."""
    return load(chosen_model(name))


def model_option(help_: str = "A model that ships, or a model folder.") -> Callable[[Any], Any]:
    """Return the option --model, whose help says which model is used without it."""
    return click.option("--model", cls=_ModelOption, metavar="NAME|DIR", help=help_)


class _ModelOption(click.Option):
    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        return super().get_help_extra(ctx) | {"default": _said_default()}


def _said_default() -> str:
    """Return the model that is used without --model; where the project file is broken, what is wrong with it."""
    try:
        project = find_project()
        return f"{project.model}, by {project.path}" if project.model else DEFAULT
    except ProjectError as error:
        return str(error)
