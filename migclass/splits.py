"""Grouped splits: all sentences of a passage on one side, codes spread evenly over the sides."""

from collections.abc import Sequence

import numpy as np


def grouped_split(Y: np.ndarray, groups: Sequence[str], shares: Sequence[float], *, seed: int = 0) -> np.ndarray:
    """Deal groups out to sides so that each side gets its share of sentences and of every code.

    Groups with the rarest codes are dealt first, each to the side that lacks most of what it holds (the iterative
    stratification of Sechidis et al. 2011, for groups).

    Args:
        Y: codes, shape (n, k), bool.
        groups: the group of each row.
        shares: the share of each side, which sum to 1.
        seed: of the order of groups that are alike.

    Returns:
        The side of each row, shape (n,).

    >>> sides = grouped_split(np.eye(4, dtype=bool)[[0, 0, 1, 1]], ["a", "b", "c", "d"], [0.5, 0.5])
    >>> sorted(sides[:2].tolist()), sorted(sides[2:].tolist())
    ([0, 1], [0, 1])
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    counted = np.column_stack([np.asarray(Y, float), np.ones(len(Y))])
    held = np.zeros((len(names), counted.shape[1]))
    np.add.at(held, group, counted)
    total = np.maximum(held.sum(axis=0), 1)
    lacking = np.outer(shares, total)
    mixed = np.random.default_rng(seed).permutation(len(names))
    order = mixed[np.argsort(-(held / total).max(axis=1)[mixed], kind="stable")]
    side = np.zeros(len(names), np.int64)
    for i in order:
        side[i] = int(np.argmax(lacking @ (held[i] / total) / np.asarray(shares)))
        lacking[side[i]] -= held[i]
    return side[group]
