"""Behaviour: small cases that say what a model must and must not do, whatever its scores on labels (Ribeiro et al. 2020).

A file of cases is TOML::

    [[case]]
    id = "homonym-climate-1"
    capability = "homonyms"
    same = "frames"          # all sentences of the case get the same frames ("poles", "codes"); may be left out
    [[case.sentence]]
    text = "The climate of opinion has changed."
    has = []                 # codes that must be tagged
    lacks = ["climate"]      # codes that must not be
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migclass.codebook import Codebook
from migclass.errors import LabelError
from migclass.tagging import Tagger, Tags
from migclass.tomlfiles import parse_toml, read_toml_text

_SAME = ("", "frames", "poles", "codes")


@dataclass(frozen=True)
class Expectation:
    """A sentence with the codes that it must and must not get."""

    text: str
    has: frozenset[str]
    lacks: frozenset[str]


@dataclass(frozen=True)
class Case:
    """Sentences that are judged together: every expectation must hold, and ``same`` if it names something."""

    id: str
    capability: str
    same: str
    sentences: tuple[Expectation, ...]


@dataclass(frozen=True)
class Verdict:
    """Whether a case passed; else what was wrong, one line a sentence."""

    case: Case
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.faults


def read_cases(path: str | Path, codebook: Codebook) -> tuple[Case, ...]:
    """Read a file of cases, or all .toml files of a folder.

    Raises:
        LabelError: a file is missing or no TOML, or a case has an unknown code or field, or an id that was used before.
    """
    path = Path(path)
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise LabelError(f"{path}: no .toml file in it; expected cases of behaviour")
    cases: dict[str, Case] = {}
    for file in files:
        for number, data in enumerate(_read(file), 1):
            case = _case(data, codebook, f"{file}, case {number}")
            if case.id in cases:
                raise LabelError(f"{file}, case {number}: id '{case.id}' is used before; give every case its own")
            cases[case.id] = case
    return tuple(cases.values())


def judge(tagger: Tagger, cases: Sequence[Case]) -> tuple[Verdict, ...]:
    """Tag the sentences of all cases and say of each case whether it passed."""
    tags = iter(tagger.tag([sentence.text for case in cases for sentence in case.sentences]))
    return tuple(Verdict(case, tuple(_faults(case, [next(tags) for _ in case.sentences]))) for case in cases)


def pass_rates(verdicts: Iterable[Verdict]) -> dict[str, tuple[int, int]]:
    """Return for each capability how many cases passed, and of how many."""
    rates: dict[str, tuple[int, int]] = {}
    for verdict in verdicts:
        passed, count = rates.get(verdict.case.capability, (0, 0))
        rates[verdict.case.capability] = (passed + verdict.passed, count + 1)
    return rates


def _faults(case: Case, tags: Sequence[Tags]) -> Iterable[str]:
    for sentence, tag in zip(case.sentences, tags, strict=True):
        found = {*tag.frames, *tag.poles}
        wrong = [f"lacks {code}" for code in sorted(sentence.has - found)] + [f"has {code}" for code in sorted(sentence.lacks & found)]
        if wrong:
            yield f"{', '.join(wrong)}: {sentence.text}"
    compared = {"frames": lambda t: t.frames, "poles": lambda t: t.poles, "codes": lambda t: t.frames + t.poles, "": lambda t: ()}[case.same]
    if len({compared(tag) for tag in tags}) > 1:
        yield f"not the same {case.same}: " + "; ".join(f"{', '.join(compared(tag)) or 'none'}: {tag.text}" for tag in tags)


def _read(file: Path) -> list[dict[str, Any]]:
    cases = parse_toml(read_toml_text(file, error=LabelError), str(file), error=LabelError).get("case")
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise LabelError(f"{file}: has no [[case]]; expected cases of behaviour")
    return cases


def _case(data: dict[str, Any], codebook: Codebook, where: str) -> Case:
    sentences = data.get("sentence")
    if unknown := sorted(data.keys() - {"id", "capability", "same", "sentence"}):
        raise LabelError(f"{where}: unknown field '{unknown[0]}'; expected id, capability, same and [[case.sentence]]")
    if not (isinstance(data.get("id"), str) and isinstance(data.get("capability"), str) and isinstance(sentences, list) and sentences):
        raise LabelError(f"{where}: expected id and capability as text and at least one [[case.sentence]]")
    same = data.get("same", "")
    if not isinstance(same, str) or same not in _SAME:
        raise LabelError(f"{where}: same is {same!r}; expected one of {', '.join(_SAME[1:])}, or leave it out")
    return Case(data["id"], data["capability"], same, tuple(_expectation(sentence, codebook, where) for sentence in sentences))


def _expectation(data: Any, codebook: Codebook, where: str) -> Expectation:
    if not isinstance(data, dict) or not isinstance(data.get("text"), str) or data.keys() - {"text", "has", "lacks"}:
        raise LabelError(f"{where}: a sentence is {data!r:.80}; expected text, and has and lacks as lists of codes")
    has, lacks = (_codes(data.get(name, []), codebook, f"{where}: {name}") for name in ("has", "lacks"))
    if both := sorted(has & lacks):
        raise LabelError(f"{where}: '{both[0]}' is in has and in lacks; leave it in one")
    return Expectation(data["text"], has, lacks)


def _codes(codes: Any, codebook: Codebook, where: str) -> frozenset[str]:
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise LabelError(f"{where} is {codes!r:.80}; expected a list of codes")
    if unknown := sorted(set(codes) - set(codebook.codes)):
        raise LabelError(f"{where} has the unknown code '{unknown[0]}'; expected some of {', '.join(codebook.codes)}")
    return frozenset(codes)
