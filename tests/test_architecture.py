"""Who may import whom, which door each outside library has, and what scoring must not load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import migclass

PACKAGE = Path(migclass.__file__).parent

# Data flow down this list: a module imports only from above itself.
CORRIDOR = [
    "errors",
    "limits",
    "formats",
    "readers",
    "resources",
    "files",
    "projects",
    "arrow",
    "indexes",
    "decoding",
    "tomlfiles",
    "codebook",
    "sentences",
    "prose",
    "languages",
    "tables",
    "workbooks",
    "documents",
    "inputs",
    "features",
    "decisions",
    "scorers",
    "linear",
    "encoder",
    "model",
    "tagging",
    "calibration",
    "evaluation",
    "labels",
    "exchange",
    "behaviour",
    "standoff",
    "revisions",
    "splits",
    "agreement",
    "vectors",
    "classifiers",
    "finetuning",
    "recipes",
    "doubts",
    "plots",
    "cards",
    "training",
    "comparisons",
    "engines",
    "pools",
    "suggestions",
    "parts",
    "outputs",
    "tagfiles",
    "profiles",
    "claims",
    "pictures",
    "reports",
    "corrections",
    "audits",
    "sheets",
    "cli",
]

# Outside libraries, and the modules that may import them.
DOORS = {
    "click": {"cli"},
    "docx": {"formats"},
    "jinja2": {"reports"},
    "joblib": {"classifiers", "finetuning", "engines"},
    "markdown_it": {"formats"},
    "matplotlib": {"pictures"},
    "nupunkt": {"sentences"},
    "py3langid": {"languages"},
    "py4j": {"engines"},
    "pypdfium2": {"formats"},
    "pyspark": {"engines"},
    "rich": {"outputs", "cli"},
    "safetensors": {"model", "vectors"},
    "scipy": {"classifiers", "corrections"},
    "openpyxl": {"formats", "workbooks"},
    "onnx": {"finetuning"},
    "onnxscript": {"finetuning"},
    "onnxruntime": {"encoder", "finetuning"},
    "sklearn": {"calibration", "classifiers"},
    "tokenizers": {"encoder"},
    "torch": {"finetuning"},
    "transformers": {"finetuning"},
    "trafilatura": {"formats"},
    "pyarrow": set(
        "arrow indexes tables documents inputs features scorers linear encoder model tagging vectors classifiers "
        "engines parts outputs tagfiles profiles cli".split()
    ),
    "numpy": set(
        "arrow indexes prose features decisions scorers linear encoder model tagging evaluation labels exchange splits agreement "
        "calibration vectors classifiers finetuning recipes doubts revisions training comparisons engines suggestions tagfiles "
        "profiles claims pictures reports corrections audits sheets workbooks cli".split()
    ),
}


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield parts[0], path


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0], node.module
            if node.module == "migclass":
                yield from (("migclass", f"migclass.{alias.name}") for alias in node.names)


def test_every_room_is_on_the_list():
    assert {name for name, _ in modules()} - {"__init__", "__main__"} == set(CORRIDOR)


@pytest.mark.parametrize(("room", "path"), [(r, p) for r, p in modules() if r in CORRIDOR], ids=lambda v: str(v).rsplit("migclass/", 1)[-1])
def test_imports_come_from_above(room, path):
    for top, name in imports(path):
        if top == "migclass" and "." in name:
            other = name.split(".")[1]
            assert other == room or CORRIDOR.index(other) < CORRIDOR.index(room), f"{path.name} imports {name}"
        elif top in DOORS:
            assert room in DOORS[top], f"{top} has no door in {path.name}"
        elif top != "migclass":
            assert top in sys.stdlib_module_names, f"{path.name} imports {top}, which has no door"


def test_no_label_stands_in_the_code(book):
    ids = set(book.codes) | {tension.id for tension in book.tensions}
    for _, path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        assert not literals & ids, f"{path.name} names {literals & ids}"


def test_what_is_public_is_listed_and_there():
    for name in migclass.__all__:
        assert getattr(migclass, name).__doc__, name
    assert sorted(migclass.__all__) == migclass.__all__ == dir(migclass)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        migclass.nothing_like_it  # noqa: B018


def test_scoring_loads_nothing_heavy(model_folder):
    code = (
        "import sys, migclass\n"
        "from migclass.engines import score_documents; from migclass.documents import Document; from migclass.inputs import batch_documents\n"
        f"tagger = migclass.load({str(model_folder)!r})\n"
        "batch = next(score_documents(tagger, batch_documents([Document('a', 'They closed the border.')])))\n"
        "heavy = {'sklearn', 'scipy', 'datasets', 'pandas', 'torch', 'joblib', 'rich', 'docx', 'trafilatura', 'py3langid', 'pypdfium2'}\n"
        "heavy |= {'pyspark', 'numpy.ma'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_click_and_little_else():
    code = "import sys, migclass.cli; print(sorted({'numpy', 'pyarrow', 'importlib.metadata', 'migclass.tagging'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
