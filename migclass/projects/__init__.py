"""A folder for labels of one's own: a codebook that adds to the shipped one, an empty label file, and what to do next."""

from importlib.resources import files
from pathlib import Path

from migclass.errors import OutputError
from migclass.files import replacing

# What a new folder holds: the codebook, the labels, and the page that says the steps.
CODEBOOK, LABELS, README = "codebook.toml", "labels.jsonl", "README.md"


def start_project(folder: str | Path) -> Path:
    """Make a project folder and return its path.

    Raises:
        OutputError: there is something in it already, it is a file, or it can't be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if found := next(folder.iterdir(), None):
            raise OutputError(f"{folder}: is not empty ({found.name} is in it); name a new folder or an empty one")
    except (FileExistsError, NotADirectoryError):
        raise OutputError(f"{folder}: a file is in the way; name a new folder or an empty one") from None
    except OSError as error:
        raise OutputError(f"{folder}: can't be made: {error.strerror}; choose a folder that you may write to") from None
    for name, text in {CODEBOOK: _template(CODEBOOK), LABELS: "", README: _template(README)}.items():
        with replacing(folder / name) as file:
            file.write(text.encode())
    return folder


def _template(name: str) -> str:
    return (files(__name__) / "template" / name).read_text(encoding="utf-8")
