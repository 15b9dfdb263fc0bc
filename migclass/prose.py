"""Which lines of a document are sentences: headings, navigation, lists of names and references are not, and tags on them mean little."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

# Words of a line that may be a sentence, and of one that ends as a sentence does.
_FEWEST_WORDS = {False: 6, True: 3}
# Names, titles and references begin most of their words with capitals or digits, sentences do not.
_LEAST_SMALL = 0.5
# A line that stands so often in a text is a running head or navigation.
_TIMES = 3
_REFERENCE = re.compile(r"https?://|www\.|\bdoi\b|\b[Ii]bid\b|\bpp?\. ?\d|\d\s?\(\d+\)\s?[:,]|[Aa]vailable (?:online|at)\b|[Aa]ccessed \d")
# What ends a sentence, with the marks that may close it and the number of a footnote.
_END = re.compile(r"[.!?…][\"'”’»)\]]*\d{0,3}$")
# Where fewer lines than this share are sentences, it is a list of headlines or answers, and every line counts.
_LEAST_SENTENCES = 0.5


def sentence_lines(texts: Sequence[str]) -> np.ndarray:
    """Return which lines are sentences or could be one, bool of shape (n,); all of them where most are not.

    >>> sentence_lines(["Our work", "They closed the border.", "support for all those who want to return"]).tolist()
    [False, True, True]
    """
    times = Counter(texts)
    return _unless_rare([times[text] < _TIMES and _is_sentence(text) for text in texts])


def _is_sentence(text: str) -> bool:
    words = text.split()
    if len(words) < _FEWEST_WORDS[bool(_END.search(text))] or _REFERENCE.search(text):
        return False
    return sum(word.strip("\"'“‘([")[:1].islower() for word in words) >= _LEAST_SMALL * len(words)


def ends_as_sentence(texts: Sequence[str]) -> np.ndarray:
    """Return which texts end as a sentence does, bool of shape (n,); all of them where most do not.

    >>> ends_as_sentence(["They came.”1", "How they came"]).tolist()
    [True, False]
    """
    return _unless_rare([bool(_END.search(text)) for text in texts])


def _unless_rare(marks: Sequence[bool]) -> np.ndarray:
    found = np.array(marks, bool)
    return found if found.mean() >= _LEAST_SENTENCES else np.ones(len(found), bool)
