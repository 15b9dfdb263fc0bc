"""What a change of the codebook asks of labels."""

import json

import pytest
from click.testing import CliRunner

from migclass.cli import main
from migclass.codebook import parse_codebook
from migclass.labels import read_labels
from migclass.revisions import ADDED, CUES, REDEFINED, REMOVED, RENAMED, RULE, affected, either, revise

OLD = """
title = "Old"
version = 1
[[rule]]
title = "Unit"
text = "One sentence."
[[frame]]
id = "health"
coded = "illness and the care for it, clinics, vaccines"
cues = ["clinic*"]
[[frame]]
id = "housing"
coded = "homes"
cues = ["rent*"]
[[tension]]
id = "pace"
question = "how fast"
[[tension.pole]]
id = "slow"
coded = "slow"
[[tension.pole]]
id = "fast"
coded = "fast"
"""


@pytest.fixture
def old():
    return parse_codebook(OLD)


def changed(*pairs):
    text = OLD
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    return parse_codebook(text)


SCHOOLS = '[[frame]]\nid = "schools"\ncoded = "teaching"\n[[tension]]'


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], []),
        ([('title = "Old"', 'title = "New"'), ("version = 1", "version = 2")], []),
        ([("[[tension]]", SCHOOLS)], [(ADDED, "schools", ("schools",))]),
        ([('[[frame]]\nid = "housing"\ncoded = "homes"\ncues = ["rent*"]', "")], [(REMOVED, "housing", ("housing",))]),
        ([('id = "health"', 'id = "care"'), ("illness", "ills")], [(RENAMED, "health -> care", ("health", "care"))]),
        ([('id = "health"', 'id = "care"'), ("illness and the care for it, clinics, vaccines", "nurses")],
         [(REMOVED, "health", ("health",)), (ADDED, "care", ("care",))]),
        ([("homes", "homes and rents")], [(REDEFINED, "housing", ("housing",))]),
        ([('coded = "homes"', 'coded = "homes"\nnot_coded = "tents"')], [(REDEFINED, "housing", ("housing",))]),
        ([("how fast", "how quickly")], [(REDEFINED, "slow", ("slow",)), (REDEFINED, "fast", ("fast",))]),
        ([("clinic*", "doctor*")], [(CUES, "health", ("health",))]),
        ([("One sentence.", "One sentence, or two.")], [(RULE, "Unit", ())]),
        ([("One sentence.", "Tents are housing.")], [(RULE, "Unit", ("housing",))]),
    ],
)  # fmt: skip
def test_every_kind_of_change_is_seen(old, pairs, expected):
    assert [(r.kind, r.subject, r.codes) for r in revise(old, changed(*pairs))] == expected


ROWS = [
    {"text": "The clinic closed.", "frames": ["health"], "poles": []},
    {"text": "Rents rose beside the clinic.", "frames": ["housing"], "poles": ["slow"]},
    {"text": "They were ill.", "frames": [], "poles": [], "coders": {"a": ["health"], "b": []}},
    {"text": "The teacher left.", "frames": ["schools"], "poles": []},
    {"text": "Nothing.", "frames": [], "poles": [], "coded": ["health", "schools"]},
]


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_the_sentences_to_code_again_are_counted(old, labels):
    new = changed(("illness", "every illness"), ("homes", "homes and rents"), ("rent*", "tent*"), ("[[tension]]", SCHOOLS), ("One", "A whole"))
    rows = read_labels(labels, codebook=either(old, new))
    revisions = revise(old, new)
    found = dict(zip(((r.kind, r.subject) for r in revisions), affected(revisions, rows, old, new), strict=True))
    counts = {key: (own.sentences, own.carrying) for key, own in found.items()}
    assert counts == {
        (ADDED, "schools"): (3, 0),  # one has it, one was judged for it
        (REDEFINED, "health"): (3, 1),  # a cue of it, and a coder
        (REDEFINED, "housing"): (1, 1),
        (RULE, "Unit"): (5, 0),
        (CUES, "housing"): (0, 0),
    }


def test_removed_and_renamed_codes_are_counted_where_they_stand(old, labels):
    new = changed(
        ('id = "health"', 'id = "care"'), ('[[frame]]\nid = "housing"\ncoded = "homes"\ncues = ["rent*"]', SCHOOLS.removesuffix("[[tension]]"))
    )
    rows = read_labels(labels, codebook=either(old, new))
    assert [(own.sentences, own.carrying) for own in affected(revise(old, new), rows, old, new)] == [(1, 1), (1, 1), (3, 0)]


def test_the_command(tmp_path, monkeypatch, labels):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.toml").write_text(OLD)
    (tmp_path / "new.toml").write_text(OLD.replace("[[tension]]", SCHOOLS))
    (tmp_path / "mine.toml").write_text('extends = "default"\n' + SCHOOLS.removesuffix("[[tension]]"))

    def run(*arguments):
        return CliRunner().invoke(main, ["labels", "codebook", *arguments])

    plain = run("--diff", "old.toml", "new.toml")
    assert [line.split() for line in plain.stdout.splitlines()] == [
        ["change", "of", "to", "do"],
        ["added", "schools", "code", "every", "sentence", "for", "it"],
    ]
    counted = run("--diff", "old.toml", "new.toml", "--labels", "mine.jsonl").stdout.splitlines()
    assert counted[1].split()[-2:] == ["3", "0"]
    assert counted[2].startswith("Of 5 labelled sentences.")
    assert run("--diff", "old.toml", "old.toml").stdout == "Nothing changed that labels depend on.\n"
    shipped = run("--diff", "default", "mine.toml", "--labels", "default").stdout.splitlines()
    assert shipped[1].split()[-2:] == ["16376", "0"]
    assert run("--labels", "mine.jsonl").exit_code == 2
    assert run("old.toml", "--diff", "old.toml", "new.toml").exit_code == 2
    assert run("--diff", "old.toml", "none.toml").exit_code == 1
