"""One tree of errors. Every message is one line that says where, what was found, what was expected and what to do."""


class MigclassError(Exception):
    """Root of all errors that migclass raises on purpose; the command line prints it and exits with 1."""


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
