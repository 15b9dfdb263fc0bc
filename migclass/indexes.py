"""Where does a value stand in a list? Hash tables made of numpy arrays: made once and asked for whole columns, in any thread.

``pyarrow.compute.index_in`` answers the same, but makes its table again at each call.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from migclass.arrow import numbers, text_buffers, to_numpy

SHORT = 7  # bytes of a text that its fingerprint holds as they are
_READ = 168  # bytes of a longer text that its fingerprint depends on: more than any word has
_LONG = np.uint64(0xFF << 56)  # what the fingerprint of a longer text begins with
_MASKS = np.array([(1 << 8 * n) - 1 for n in range(SHORT + 1)], np.uint64)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplicative hashing
_ROOM = 4  # slots for each value, at least


class NumberIndex:
    """Finds where whole numbers stand in a list of them, uint64."""

    def __init__(self, keys: np.ndarray) -> None:
        self.keys = keys
        self._slots = _filled(np.full(_room(len(keys)), -1, np.int32), keys, 0)

    def find(self, keys: np.ndarray) -> np.ndarray:
        """Return the place of each number, -1 where it is not there, int32.

        >>> NumberIndex(np.array([5, 7], np.uint64)).find(np.array([7, 6], np.uint64))
        array([ 1, -1], dtype=int32)
        """
        homes = _homes(keys, len(self._slots))
        places = self._slots[homes]
        missed = np.flatnonzero(places >= 0)
        missed = missed[self.keys[places[missed]] != keys[missed]]
        while len(missed):
            # Taken by another number: on to the next slot, until a free one says that the number is not there.
            homes[missed] = (homes[missed] + 1) % len(self._slots)
            places[missed] = found = self._slots[homes[missed]]
            missed = missed[(found >= 0) & (self.keys[found] != keys[missed])]
        return places

    def with_more(self, keys: np.ndarray) -> "NumberIndex":
        """Return an index of these numbers and further ones after them; this one stays as it is."""
        whole = NumberIndex.__new__(NumberIndex)
        whole.keys = np.concatenate([self.keys, keys])
        if _room(len(whole.keys)) > len(self._slots):
            return NumberIndex(whole.keys)
        whole._slots = _filled(self._slots.copy(), whole.keys, len(self.keys))
        return whole


def _room(n: int) -> int:
    """Return how many slots n numbers get, a power of two."""
    return 1 << (_ROOM * n).bit_length()


def _filled(slots: np.ndarray, keys: np.ndarray, first: int) -> np.ndarray:
    """Put the places of keys, from the first one on, into the slots, each into the first free one from its home on."""
    left = np.arange(first, len(keys), dtype=np.int32)
    homes = _homes(keys[first:], len(slots))
    while len(left):
        free = slots[homes] < 0
        slots[homes[free]] = left[free]
        # Equal keys share a slot: many fingerprints may be one, and would else be walked over one by one.
        lost = keys[slots[homes]] != keys[left]
        left, homes = left[lost], (homes[lost] + 1) % len(slots)
    return slots


def _homes(keys: np.ndarray, n_slots: int) -> np.ndarray:
    """Return the slot at which to look first for each key; the number of slots is a power of two."""
    return ((keys * _SPREAD) >> np.uint64(65 - n_slots.bit_length())).astype(np.int64)


class TextIndex:
    """Finds where texts stand in a list of them, in which each is there once.

    ``prints`` finds them by fingerprint, which is exact for texts of up to SHORT bytes.
    """

    def __init__(self, texts: pa.StringArray, prints: NumberIndex | None = None) -> None:
        self.texts = texts
        self.prints = prints or NumberIndex(fingerprints(texts))

    def __len__(self) -> int:
        return len(self.texts)

    def find(self, texts: pa.StringArray) -> np.ndarray:
        """Return the place of each text, -1 where it is not there, int32.

        >>> TextIndex(pa.array(["border", "visa"])).find(pa.array(["visa", "wall"]))
        array([ 1, -1], dtype=int32)
        """
        places = self.prints.find(fingerprints(texts))
        found = np.flatnonzero(places >= 0)
        same = pc.equal(self.texts.take(numbers(places[found])), texts.take(numbers(found)))
        places[found[~to_numpy(same)]] = -1
        return places

    def with_more(self, texts: pa.StringArray) -> "TextIndex":
        """Return an index of these texts and further ones after them; this one stays as it is."""
        return TextIndex(pa.concat_arrays([self.texts, texts]), self.prints.with_more(fingerprints(texts)))


def fingerprints(texts: pa.StringArray) -> np.ndarray:
    """Return a number for each text, uint64: its bytes and how many they are if it is SHORT, else a hash of the first of them."""
    offsets, data = text_buffers(texts)
    starts, lengths = offsets[:-1], np.diff(offsets)
    eights = windows(data)
    prints = short_prints(eights, starts, np.minimum(lengths, SHORT))
    long, done = np.flatnonzero(lengths > SHORT), SHORT
    while len(long) and done < _READ:
        more = short_prints(eights, starts[long] + done, np.minimum(lengths[long] - done, SHORT))
        prints[long] = ((prints[long] ^ (prints[long] >> np.uint64(32))) * _SPREAD ^ more) | _LONG
        done += SHORT
        long = long[lengths[long] > done]
    return prints


def windows(data: np.ndarray) -> np.ndarray:
    """Return the eight bytes from each place in data on as one number; zeros follow the end, shape (bytes + 1,)."""
    padded = np.concatenate([data, np.zeros(8, np.uint8)])
    return np.ndarray((len(data) + 1,), np.dtype("<u8"), padded, strides=(1,))


def short_prints(eights: np.ndarray, starts: np.ndarray, lengths: np.ndarray | int) -> np.ndarray:
    """Return the fingerprints of the texts of up to SHORT bytes that start there, from windows on their data."""
    return (eights[starts] & _MASKS[lengths]) | (np.asarray(lengths).astype(np.uint64) << np.uint64(56))
