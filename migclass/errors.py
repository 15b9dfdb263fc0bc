"""One tree of errors. Every message is one line that says where, what was found, what was expected and what to do."""

_LONGEST = 1000


class MigclassError(Exception):
    """Root of all errors that migclass raises on purpose; the command line prints it and exits with 1.

    What files hold may stand in the message, so it is put on one line, cut short, and can't control a terminal.
    """

    def __init__(self, message: str) -> None:
        line = "".join(c if c.isprintable() else "?" for c in " ".join(message[: 2 * _LONGEST].split()))
        super().__init__(line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …")


class ClaimError(MigclassError):
    """A claim about a profile that can't be read or selects nothing."""


class CodebookError(MigclassError):
    """A codebook that can't be read or contradicts itself."""


class DocumentError(MigclassError):
    """A document or table that can't be turned into text."""


class LabelError(MigclassError):
    """A label file or a row of one that breaks the promised format."""


class ModelError(MigclassError):
    """A model folder that is missing, damaged or not ours, or a model that can't be trained."""


class OutputError(MigclassError):
    """A result that can't be written where it was asked for."""


class ProjectError(MigclassError):
    """A project file of the command line that can't be read, or names what is not there."""
