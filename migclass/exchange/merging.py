"""What several coders said of the same sentences, put together into label rows."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from migclass.codebook import Codebook
from migclass.errors import LabelError
from migclass.exchange.sentences import Answer
from migclass.labels import LabelledSentence, judged_by

# How coders' votes make a row's codes: more than half of those who judged a code, or all of them. What neither holds nor fails is unknown.
RULES = ("majority", "all")
# Whose codes those are that a row has without naming a coder.
UNNAMED = "unnamed"


def merge(answers: Iterable[Answer], codebook: Codebook, *, rule: str = RULES[0]) -> list[LabelledSentence]:
    """Return a row for each sentence, in the order in which they first came.

    Coders of the row as it was sent out stay; what one of them judges anew replaces what he or she said of these codes. A row of which nobody
    judged anything comes back as it was.

    Raises:
        LabelError: a coder judged a sentence twice and differently, an id stands for two sentences, or there is no such rule.
    """
    if rule not in RULES:
        raise LabelError(f"no rule '{rule}'; expected one of {', '.join(RULES)}")
    sentences: dict[str, list[Answer]] = {}
    for answer in answers:
        own = sentences.setdefault(answer.row.id, [])
        for other in own:
            _check_pair(other, answer)
        own.append(answer)
    return [_merge_sentence(own, codebook, rule) for own in sentences.values()]


def _check_pair(first: Answer, second: Answer) -> None:
    name = f"{second.where}: sentence '{second.row.id}'"
    if first.row.text != second.row.text:
        raise LabelError(f"{name} is another than at {first.where}; ids must differ, export them from one source")
    same = (first.judged, first.codes) == (second.judged, second.codes)
    if first.coder == second.coder and first.judged and second.judged and not same:
        raise LabelError(f"{name} was coded otherwise by '{first.coder}' at {first.where}; keep one, or name the coders apart with --coder")


def _merge_sentence(answers: Sequence[Answer], codebook: Codebook, rule: str) -> LabelledSentence:
    row = replace(answers[0].row, note=_note(answers))
    if not any(answer.judged for answer in answers) and all(answer.row == answers[0].row for answer in answers):
        return row
    judged: dict[str, set[str]] = {}
    said: dict[str, set[str]] = {}
    for coder, codes, names in _voices(answers, codebook):
        judged[coder] = judged.get(coder, set()).union(codes)
        said[coder] = said.get(coder, set()).difference(codes).union(names)
    return _decide(row, judged, said, codebook, rule)


def _voices(answers: Sequence[Answer], codebook: Codebook) -> Iterable[tuple[str, Sequence[str], Sequence[str]]]:
    """Yield coder, codes judged and codes given: first those that the rows had when they were sent out."""
    for row in (answer.row for answer in answers):
        yield from ((coder, judged_by(row, coder, codebook), names) for coder, names in row.coders.items())
        if not row.coders and row.coded != ():
            yield UNNAMED, codebook.codes if row.coded is None else row.coded, row.codes
    yield from ((answer.coder, answer.judged, answer.codes) for answer in answers if answer.judged)


def _decide(row: LabelledSentence, judged: dict[str, set[str]], said: dict[str, set[str]], codebook: Codebook, rule: str) -> LabelledSentence:
    seen = [code for code in codebook.codes if any(code in codes for codes in judged.values())]
    verdicts = {code: _verdict([code in said[coder] for coder in judged if code in judged[coder]], rule) for code in seen}
    coded = tuple(code for code in seen if verdicts[code] is not None)
    unjudged = {coder: tuple(code for code in seen if code not in codes) for coder, codes in judged.items()}
    return replace(
        row,
        frames=tuple(code for code in codebook.frame_ids if verdicts.get(code)),
        poles=tuple(code for code in codebook.pole_ids if verdicts.get(code)),
        coders={coder: tuple(code for code in codebook.codes if code in codes) for coder, codes in sorted(said.items())},
        coded=None if coded == codebook.codes else coded,
        unjudged={coder: codes for coder, codes in unjudged.items() if codes},
    )


def _verdict(votes: Sequence[bool], rule: str) -> bool | None:
    """Return what votes come to, None where they don't: a tie, or with the rule 'all' any disagreement.

    >>> _verdict([True, True, False], "majority"), _verdict([True, False], "majority"), _verdict([True, True, False], "all")
    (True, None, None)
    """
    share = sum(votes) / len(votes)
    if rule == "all":
        return None if 0 < share < 1 else share == 1
    return None if share == 0.5 else share > 0.5


def _note(answers: Sequence[Answer]) -> str:
    lines = [answers[0].row.note] if answers[0].row.note else []
    for line in (f"{answer.coder}: {answer.comment}" for answer in answers if answer.comment):
        if line not in "\n".join(lines).split("\n"):
            lines.append(line)
    return "\n".join(lines)


def undecided(row: LabelledSentence) -> tuple[str, ...]:
    """Return the codes that a coder gave and that are unknown in the row, since others disagree."""
    given = {code for codes in row.coders.values() for code in codes}
    return () if row.coded is None else tuple(sorted(given.difference(row.coded)))
