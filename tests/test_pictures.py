import csv
import re

import pytest
from test_profiles import run

from migclass.errors import OutputError
from migclass.pictures import draw_profile
from migclass.profiles import Figure, Profile


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_picture_is_drawn_with_its_numbers_beside(straits, tmp_path, suffix):
    pictures = [tmp_path / f"{name}{suffix}" for name in ("one", "two")]
    for path in pictures:
        done = run(straits, "--by", "organisation", "--draws", 20, "--plot", path)
        assert done.exit_code == 0, done.stderr
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert pictures[0].read_bytes()[:5] == (b"\x89PNG\r" if suffix == ".png" else b"<?xml")
    rows = list(csv.DictReader((tmp_path / "one.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["organisation"] for row in rows} == {"Migration Office", "Open Harbour"}


def test_every_name_stands_in_the_picture(straits, tmp_path, book):
    assert run(straits, "--draws", 20, "--plot", tmp_path / "a.svg").exit_code == 0
    # Letters are drawn as shapes; what each text says stands in a comment before it.
    said = re.findall(r"<!-- (.+?) -->", (tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert {*book.codes} <= set(said)


def test_a_picture_never_takes_the_place_of_the_tags(straits, tmp_path):
    tags = tmp_path / "tags.csv"
    tags.write_text("kept", encoding="utf-8")
    done = run(tags, "--plot", tmp_path / "tags.png", "--force")
    assert (done.exit_code, "is read as well" in done.stderr, tags.read_text(encoding="utf-8")) == (1, True, "kept")


def test_too_many_groups_are_refused(book, tmp_path):
    many = Profile(("document",), tuple(Figure((str(i),), "sentences", "x", "", 0.5, 0.4, 0.6, 9) for i in range(99)), "")
    with (tmp_path / "a.png").open("wb") as file, pytest.raises(OutputError, match="99 groups are too many"):
        draw_profile(many, book, file, kind="png")
