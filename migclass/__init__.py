"""Tag the sentences of texts on migration by frame and by the standing tensions of the field."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from migclass.audits import Audit, AuditReport, draw_audit, estimate_audit, plan_audit
    from migclass.classifiers import FrameClassifier
    from migclass.codebook import Codebook, load_codebook
    from migclass.comparisons import Comparison, compare_models
    from migclass.doubts import Doubt, find_doubts
    from migclass.errors import ClaimError, CodebookError, DocumentError, LabelError, MigclassError, ModelError, OutputError
    from migclass.evaluation import Evaluation
    from migclass.exchange import export_labels, import_labels
    from migclass.labels import LabelledSentence, read_labels
    from migclass.model import Model, load_model, save_model
    from migclass.pools import read_pool
    from migclass.profiles import Figure, Profile, profile
    from migclass.reports import report
    from migclass.sentences import Span, split_sentences
    from migclass.sheets import read_sheet, write_sheet
    from migclass.suggestions import suggest
    from migclass.tagfiles import TaggedSentences, read_tags
    from migclass.tagging import Explanation, Tagger, Tags, load
    from migclass.training import train

# What each name comes from. Names are imported when they are first used, so that tagging loads nothing of training.
_HOME = {
    "Audit": "audits",
    "AuditReport": "audits",
    "ClaimError": "errors",
    "Codebook": "codebook",
    "CodebookError": "errors",
    "Comparison": "comparisons",
    "DocumentError": "errors",
    "Doubt": "doubts",
    "Evaluation": "evaluation",
    "Explanation": "tagging",
    "Figure": "profiles",
    "FrameClassifier": "classifiers",
    "LabelError": "errors",
    "LabelledSentence": "labels",
    "MigclassError": "errors",
    "Model": "model",
    "ModelError": "errors",
    "OutputError": "errors",
    "Profile": "profiles",
    "Span": "sentences",
    "TaggedSentences": "tagfiles",
    "Tagger": "tagging",
    "Tags": "tagging",
    "compare_models": "comparisons",
    "draw_audit": "audits",
    "estimate_audit": "audits",
    "export_labels": "exchange",
    "import_labels": "exchange",
    "find_doubts": "doubts",
    "load": "tagging",
    "load_codebook": "codebook",
    "load_model": "model",
    "plan_audit": "audits",
    "profile": "profiles",
    "read_labels": "labels",
    "read_pool": "pools",
    "read_sheet": "sheets",
    "read_tags": "tagfiles",
    "report": "reports",
    "save_model": "model",
    "split_sentences": "sentences",
    "suggest": "suggestions",
    "train": "training",
    "write_sheet": "sheets",
}

__all__ = [
    "Audit",
    "AuditReport",
    "ClaimError",
    "Codebook",
    "CodebookError",
    "Comparison",
    "DocumentError",
    "Doubt",
    "Evaluation",
    "Explanation",
    "Figure",
    "FrameClassifier",
    "LabelError",
    "LabelledSentence",
    "MigclassError",
    "Model",
    "ModelError",
    "OutputError",
    "Profile",
    "Span",
    "TaggedSentences",
    "Tagger",
    "Tags",
    "compare_models",
    "draw_audit",
    "estimate_audit",
    "export_labels",
    "find_doubts",
    "import_labels",
    "load",
    "load_codebook",
    "load_model",
    "plan_audit",
    "profile",
    "read_labels",
    "read_pool",
    "read_sheet",
    "read_tags",
    "report",
    "save_model",
    "split_sentences",
    "suggest",
    "train",
    "write_sheet",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'migclass' has no attribute '{name}'")
    return getattr(import_module(f"migclass.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
