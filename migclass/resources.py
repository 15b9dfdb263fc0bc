"""Where the files that ship with the package lie: beside the code in a wheel, at the top of the repository in a clone."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """Return the path of a shipped file or folder, whether or not it exists.

    A wheel carries ``labels/`` and ``models/`` in ``migclass/_shipped``; an editable install
    reads the folders of the repository.

    >>> resource("labels", "codebook.toml").is_file()
    True
    """
    shipped = _PACKAGE / "_shipped"
    root = shipped if shipped.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)
