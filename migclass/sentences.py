"""Text -> sentences with character offsets: lines are put together into blocks, and blocks cut into sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import nupunkt

# Lines of this length may have been wrapped by hand or by a page; longer ones are paragraphs, shorter ones a list.
_WRAPPED = (30, 130)
# A line is wrapped where the next word would have gone beyond this share of the page; a shorter one ends its block.
_FULL = 0.75
# A piece of text without any end of sentence is cut at a space before this many characters.
_LONGEST = 2000
# More characters than the longest abbreviation has.
_TAIL = 12

_BULLET = re.compile(r"\s*(?:[-*•●▪◦‣·–—]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\(?[ivx]{1,5}[.)])(?:\s+|$)")
_ENDS = tuple(".!?:;…”\"'’)]»")
_STOPS = tuple('.!?…”"’')
_CLOSING = "”’»)]"
# The mark of a footnote glued to the stop before it: 'their mandates.”1 A briefing' or 'their mandates.[12] A briefing'.
_FOOTNOTE = re.compile(r"(?<=[a-z%)”\"’.!?][.!?”\"’])(?:\d{1,3}|\[\d{1,3}\])(?=\s+[\"“‘(]?[A-Z])")
_BROKEN_WORD = re.compile(r"(?<=[a-z])[-\u00ad]\s*\n\s*(?=[a-z])")
_DIGIT = re.compile(r"\d")
_NO_BLANK = re.compile(r"[^\S ]")
# What looks like the end of a sentence and is none; it shows in the last characters.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[“\"])(?:Art|Arts|No|Nos|para|paras|p|pp|Sec|sec|Fig|vol|Vol|cf|e\.g|i\.e|ed|eds|approx|ca|"
    r"Mr|Mrs|Ms|Dr|Prof|St|Gen|Sen|Rep|Lt|Col|Hon|Rev|vs|v|[A-Z])\.\s*$"
)


@dataclass(frozen=True)
class Span:
    """A sentence: offsets into the text it came from, and its words on one line."""

    start: int
    end: int
    text: str


def split_sentences(text: str) -> list[Span]:
    r"""Split a text into sentences.

    Wrapped lines are joined; headings, list items and navigation lines stand alone. ``text[start:end]``
    is the sentence as it stands; ``Span.text`` is the same without line breaks and the hyphens at them.

    >>> [span.text for span in split_sentences("RESULTS\n\nMr. Obi spoke of the bor-\nder. It is shut.")]
    ['RESULTS', 'Mr. Obi spoke of the border.', 'It is shut.']
    """
    return [span for start, end in _blocks(text) for span in _sentences(text, start, end)]


def one_line(text: str) -> str:
    r"""Return a text without line breaks, nor the hyphens that break words at them.

    >>> one_line("a  cross-\n  border   scheme")
    'a crossborder scheme'
    """
    if "\n" in text:
        text = _BROKEN_WORD.sub("", text)
    return " ".join(text.replace("\u00ad", "").split())


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of text that sentences never cross."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n\r\f\u2028\u2029]+", text)]
    lines = [(start, end) for start, end in lines if not text[start:end].isspace()]
    if not lines:
        return
    width = _percentile([end - start for start, end in lines], 90)
    first, last = lines[0]
    for start, end in lines[1:]:
        blank = bool(re.search(r"\n[^\S\n]*\r?\n|\f", text[last:start]))
        if blank or not _continues(text[first:last], text[start:end], width):
            yield first, last
            first = start
        last = end
    yield first, last


def _percentile(values: list[int], percent: int) -> float:
    """Return what numpy.percentile returns; that loads masked arrays, which takes longer than a page."""
    values = sorted(values)
    place = (len(values) - 1) * (percent / 100)
    low, share = int(place), place % 1
    high = min(low + 1, len(values) - 1)
    step = values[high] - values[low]
    return values[low] + step * share if share < 0.5 else values[high] - step * (1 - share)


def _continues(before: str, line: str, width: float) -> bool:
    """Whether a line goes on with the block before it."""
    last = before.rstrip().rsplit("\n", 1)[-1]
    if not last.strip() or (_BULLET.match(line) and last.rstrip().endswith((*_ENDS, ",", "and", "or"))):
        return False
    if re.match(r"\s*[•●▪◦‣]", line):
        return False
    goes_on = line.lstrip()[:1].islower() and not last.rstrip().endswith(_STOPS)
    if goes_on and last.rstrip().endswith(("-", "\u00ad")):
        return True
    if not _WRAPPED[0] <= width <= _WRAPPED[1]:
        return goes_on and len(last) >= _WRAPPED[0]
    next_word = line.split(maxsplit=1)[0]
    return goes_on or len(last.rstrip()) + 1 + len(next_word) >= _FULL * width


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    bullet = _BULLET.match(text, start, end)
    if bullet and bullet.end() < end and not bullet.group().strip()[0].isalnum():
        start = bullet.end()
    # Line breaks and the marks of footnotes are hidden from the splitter, at equal length so that offsets hold.
    block = _NO_BLANK.sub(" ", text[start:end])
    if _DIGIT.search(block):
        block = _FOOTNOTE.sub(lambda match: " " * len(match.group()), block)
    for first, last in _pieces(block):
        stretch = block[first:last]
        first, last = first + len(stretch) - len(stretch.lstrip()), last - len(stretch) + len(stretch.rstrip())
        if first < last:
            yield Span(start + first, start + last, one_line(text[start + first : start + last]))


def _pieces(block: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of a block, and a very long one in several pieces."""
    first = 0
    for last in _ends(block):
        while last - first > _LONGEST:
            cut = block.rfind(" ", first + 1, first + _LONGEST)
            cut = cut if cut > first else first + _LONGEST
            yield first, cut
            first = cut
        yield first, last
        first = last


def _ends(block: str) -> Iterator[int]:
    """Yield where the splitter sees a sentence end, unless an abbreviation or a small letter speaks against it."""
    for start, end in nupunkt.sent_spans(block):
        while block[end : end + 1] and block[end] in _CLOSING:
            end += 1
        after = block[end : end + 20].lstrip()
        if not after or not (after[0].islower() or _is_abbreviated(block[start:end])):
            yield end


def _is_abbreviated(sentence: str) -> bool:
    sentence = sentence.rstrip()
    return sentence.endswith(".") and bool(_ABBREVIATION.search(sentence[-_TAIL:]))
