"""The benchmark of coverage, on a few cells and some hundred draws."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest
from conftest import ROOT

DRAWS = 300


@pytest.fixture(scope="module")
def found():
    # Not by its name, which is that of a known package.
    spec = spec_from_file_location("coverage_of_audits", ROOT / "benchmarks" / "coverage.py")
    benchmark = module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    return list(benchmark.cells(DRAWS, grid=(((200, 10), (4, 120)), (0.5,), (0.9,), (200,))))


def test_intervals_that_are_given_hold_the_truth(found):
    # A nominal 95 % holds less than 91 % of 300 draws once in five hundred cells.
    given = [cell for cell in found if cell.refused < 0.5]
    assert len(given) >= 10
    assert {len(cell.prevalence) for cell in given} == {1, 2}
    assert min(cell.covered for cell in given) > 0.91


def test_plain_shares_of_tags_do_not(found):
    assert sum(cell.naive < 0.2 for cell in found) > len(found) / 2


def test_what_is_too_rare_is_refused(found):
    rare = next(cell for cell in found if cell.prevalence == (0.01,))
    assert rare.refused > 0.9
    assert rare.wrong < 0.07


def test_scores_make_intervals_narrower(found):
    given = [cell for cell in found if cell.refused < 0.5]
    assert sum(cell.width / cell.audit_width for cell in given) / len(given) < 0.95
