import numpy as np

from migclass.labels import targets
from migclass.splits import grouped_split


def test_groups_stay_whole_and_codes_are_spread(rows, book):
    Y = targets(rows, book)
    groups = [row.passage for row in rows]
    sides = grouped_split(Y, groups, [0.7, 0.3])
    for group in set(groups):
        assert len({side for side, g in zip(sides, groups, strict=True) if g == group}) == 1
    assert 0.22 < (sides == 1).mean() < 0.38
    share = Y[sides == 1].sum(axis=0) / Y.sum(axis=0)
    assert ((share > 0.1) & (share < 0.6)).all()


def test_the_same_twice_and_another_with_another_seed(rows, book):
    Y, groups = targets(rows, book), [row.passage for row in rows]
    assert (grouped_split(Y, groups, [0.5, 0.5]) == grouped_split(Y, groups, [0.5, 0.5])).all()
    assert (grouped_split(Y, groups, [0.5, 0.5]) != grouped_split(Y, groups, [0.5, 0.5], seed=9)).any()


def test_one_group():
    assert np.isin(grouped_split(np.ones((3, 1)), ["a"] * 3, [0.5, 0.5]), (0, 1)).all()
