"""Text -> sentences with character offsets: lines are put together into blocks, and blocks cut into sentences."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, pairwise
from typing import NamedTuple

import nupunkt

from migclass.errors import DocumentError
from migclass.limits import MOST_SENTENCES

# Lines of this length may have been wrapped by hand or by a page; longer ones are paragraphs, shorter ones a list.
_WRAPPED = (30, 130)
# A line is wrapped where the next word would have gone beyond this share of the page; a shorter one ends its block.
_FULL = 0.75
# A piece of text without any end of sentence is cut at a space before this many characters.
_LONGEST = 2000

_BULLET = re.compile(r"\s*(?:[-*•●▪◦‣·–—]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\(?[ivx]{1,5}[.)])(?:\s+|$)")
_ENDS = tuple(".!?:;…”\"'’)]»")
_STOPS = tuple('.!?…”"’')
_CLOSING = "”’»)]"
# The mark of a footnote glued to the stop before it: 'their mandates.”1 A briefing' or 'their mandates.[12] A briefing'.
# The stop is part of the match, since looking for it is faster than looking behind every character.
_FOOTNOTE = re.compile(r"[.!?”\"’](?<=[a-z%)”\"’.!?].)(?:\d{1,3}|\[\d{1,3}\])(?=\s+[\"“‘(]?[A-Z])")
# What looks like the end of a sentence and is none.
_ABBREVIATIONS = (
    "Art Arts No Nos para paras p pp Sec sec Fig vol Vol cf e.g i.e ed eds approx ca Mr Mrs Ms Dr Prof St Gen Sen Rep Lt Col Hon Rev vs v"
).split()
_ABBREVIATION = re.compile(rf"(?:^|[\s(\[“\"])(?:{'|'.join(map(re.escape, _ABBREVIATIONS))}|[A-Z])\.$")
# What stands for any number in the splitter's pairs of words, and characters in which the longest word that goes with one shows.
_NUMBER, _FOLLOWER = "##number##", 80
# Characters at the end of a sentence in which an abbreviation shows: more than the longest of them with its stop.
_ABBREVIATED = 8
# What may end a sentence: nothing does before a small letter. With the group, what follows is plainly the begin of one, and no paragraph's number.
_MARK = re.compile(r"[.!?…](?=\W)(?! +[a-z])(?:(?<!…)[\"”’]?( )(?=[A-Z0-9](?!\w{0,6}\)?\.)))?")
_PLAIN_WORD = re.compile(r"[^\W\d_]{2,}(?:['’-][^\W\d_]+)*")
_PLAIN_NUMBER = re.compile(r"\d+(?:,\d{3})*", re.ASCII)
_LINE = re.compile(r"[^\n\r\f\u2028\u2029]+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\r?\n|\f")
_ROUND_BULLET = re.compile(r"\s*[•●▪◦‣]")
_OTHER_SPACE = re.compile(r"[^\S ]")
# What is matched is not given back (+): a long run of blanks would be looked through once for each of them.
_BROKEN_WORD = re.compile(r"(?<=[a-z])[-\u00ad][^\S\n]*+\n\s*+(?=[a-z])")


class Span(NamedTuple):
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

    Raises:
        DocumentError: there are more than MOST_SENTENCES.
    """
    return at_most(span for start, end in _blocks(text) for span in _sentences(text, start, end))


def at_most(spans: Iterable[Span]) -> list[Span]:
    """Return the sentences of a text; DocumentError where there are too many to hold."""
    found = list(islice(spans, MOST_SENTENCES + 1))
    if len(found) > MOST_SENTENCES:
        raise DocumentError(f"a text holds more than {MOST_SENTENCES:,} sentences; split it, or make it a table with a row a text")
    return found


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
    lines = [match.span() for match in _LINE.finditer(text) if not match.group().isspace()]
    if not lines:
        return
    width = _ninth_decile([end - start for start, end in lines])
    first, last = lines[0]
    for start, end in lines[1:]:
        # A line ends at \n for whoever looks at how long it is, and at page ends and other marks too for whoever cuts.
        before = text[max(first, text.rfind("\n", first, last) + 1) : last]
        if _BLANK_LINE.search(text, last, start) or not _continues(before, text[start:end], width):
            yield first, last
            first = start
        last = end
    yield first, last


def _ninth_decile(values: Sequence[int]) -> float:
    """Return what ``np.percentile(values, 90)`` does, without what a call of it costs."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * 0.9
    low, share = int(place), place - int(place)
    below, above = ordered[low], ordered[min(low + 1, len(ordered) - 1)]
    return below + (above - below) * share if share < 0.5 else above - (above - below) * (1 - share)


def _continues(last: str, line: str, width: float) -> bool:
    """Whether a line goes on with the block whose last line is ``last``."""
    last = last.rstrip()
    if not last or (_BULLET.match(line) and last.endswith((*_ENDS, ",", "and", "or"))):
        return False
    if _ROUND_BULLET.match(line):
        return False
    goes_on = line.lstrip()[:1].islower() and not last.endswith(_STOPS)
    if goes_on and last.endswith(("-", "\u00ad")):
        return True
    if not _WRAPPED[0] <= width <= _WRAPPED[1]:
        return goes_on and len(last) >= _WRAPPED[0]
    next_word = line.split(maxsplit=1)[0]
    return goes_on or len(last) + 1 + len(next_word) >= _FULL * width


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    bullet = _BULLET.match(text, start, end)
    if bullet and bullet.end() < end and not bullet.group().strip()[0].isalnum():
        start = bullet.end()
    block = text[start:end]
    # Line breaks and the marks of footnotes are hidden from the splitter, at equal length so that offsets hold.
    spaced = _OTHER_SPACE.sub(" ", block)
    on_one_line = spaced == block and "  " not in block and "\u00ad" not in block
    shown = _FOOTNOTE.sub(_hidden, spaced)
    for first, last in _pieces(shown):
        stretch = shown[first:last].rstrip()
        last = first + len(stretch)
        first = last - len(stretch.lstrip())
        words = block[first:last] if on_one_line else one_line(block[first:last])
        if words:
            yield Span(start + first, start + last, words)


def _hidden(mark: re.Match[str]) -> str:
    return mark.group()[0] + " " * (len(mark.group()) - 1)


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
    """Yield where the sentences after the first begin, and the end of the last.

    Nearly all ends are plain, and to look up the word before them costs a fraction of what the splitter does; it sees only the
    stretches between them that hold another mark. The ends are the same as if it saw everything.
    """
    first, doubtful = 0, False
    for mark in _MARK.finditer(block):
        if not (mark[1] and _is_plain(block, first, mark.start(), mark.end())):
            doubtful = True
            continue
        if doubtful:
            yield from _doubtful_ends(block, first, mark.end())
        first, doubtful = mark.end(), False
        yield first
    if doubtful:
        yield from _doubtful_ends(block, first, len(block))
    yield len(block)


def _is_plain(block: str, first: int, stop: int, after: int) -> bool:
    """Whether the word before a stop, which is not the first of its sentence, is one like any other: its stop ends the sentence.

    ``first`` is where the sentence begins, ``after`` where the next word does.
    """
    space = block.rfind(" ", first, stop)
    word = block[space + 1 : stop]
    words, followers = _special_words()
    if space < first or word.lower() in words:
        return False
    if _PLAIN_WORD.fullmatch(word):
        return True
    # At the begin of a line, a number is that of a paragraph.
    return bool(_PLAIN_NUMBER.fullmatch(word) and block[first:space].strip()) and not block[after : after + _FOLLOWER].lower().startswith(followers)


@cache
def _special_words() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return words, in small letters, whose stop need not end a sentence, and words that go on after a number and its stop.

    The first are abbreviations, and what goes together with a certain next word.
    """
    splitter = nupunkt.load("default")
    pairs = splitter.parameters.collocations
    words = splitter.abbreviations.union(map(str.lower, _ABBREVIATIONS), (word for word, _ in pairs))
    return words, tuple({after for word, after in pairs if word == _NUMBER})


def _doubtful_ends(block: str, first: int, last: int) -> Iterator[int]:
    """Yield where the splitter sees a sentence begin within a stretch, unless an abbreviation or a small letter speaks against it."""
    starts = [first + start for start, _ in nupunkt.load("default").span_tokenize(block[first:last])]
    for start, end in pairwise(starts):
        while block[end : end + 1] and block[end] in _CLOSING:
            end += 1
        after = block[end : end + 20].lstrip()[:1]
        if not after or not (after.islower() or _ABBREVIATION.search(block[start:end].rstrip()[-_ABBREVIATED:])):
            yield end
