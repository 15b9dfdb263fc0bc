"""Codebooks that extend another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migclass.codebook import load_codebook, parse_codebook
from migclass.errors import CodebookError

HEALTH = """
[[frame]]
id = "health"
coded = "illness and care"
cues = ["clinic*"]
"""
CARE = """
[[tension]]
id = "care"
question = "who is treated"
[[tension.pole]]
id = "entitled_only"
coded = "the insured alone"
[[tension.pole]]
id = "everyone"
coded = "whoever is ill"
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_what_is_added_comes_after_what_was_there(write, book):
    rule = '[[decision]]\ntitle = "Nurses"\ntext = "Their work is labour."\n[[example]]\ntext = "The clinic closed."\nframes = ["health"]\n'
    mine = load_codebook(write('extends = "default"\ntitle = "Mine"\n' + HEALTH + CARE + rule))
    assert mine.frame_ids == (*book.frame_ids, "health")
    assert mine.pole_ids == (*book.pole_ids, "entitled_only", "everyone")
    assert mine.frames[:-1] + mine.tensions[:-1] == book.frames + book.tensions
    assert (mine.title, mine.version) == ("Mine", book.version)
    assert (mine.decisions[-1].title, mine.examples[-1].frames) == ("Nurses", ("health",))


def test_the_source_says_all_of_it(write):
    mine = load_codebook(write('extends = "default"\n' + HEALTH + CARE))
    alone = parse_codebook(mine.source)
    assert alone == mine
    assert alone.hash == mine.hash


def test_adding_nothing_gives_the_base(write, book):
    assert load_codebook(write('extends = "default"\n# nothing yet\n')) == book


def test_the_hash_follows_what_is_said_and_not_how(write):
    first = load_codebook(write('extends = "default"\n' + HEALTH))
    second = load_codebook(write('# a comment\nextends = "default"\n\n' + HEALTH.replace(" = ", "=")))
    assert first.hash == second.hash
    assert first.hash != load_codebook(write('extends = "default"\n' + HEALTH.replace("illness", "disease"))).hash


def test_paths_are_relative_to_the_file_and_may_go_on(write, book, monkeypatch, tmp_path):
    write('extends = "default"\n' + HEALTH, "base.toml")
    last = write('extends = "./base.toml"\n' + CARE, "last.toml")
    monkeypatch.chdir(tmp_path.parent)
    assert load_codebook(last).codes == (*book.frame_ids, "health", *book.pole_ids, "entitled_only", "everyone")


def test_a_block_replaces_that_of_its_id_where_it_stood(write, book):
    old, tension = book.frames[1], book.tensions[2]
    frame = f'[[frame]]\nid = "{old.id}"\ncoded = "borders alone"\nreplaces = true\n'
    poles = "".join(f'[[tension.pole]]\nid = "{id_}"\ncoded = "x"\n' for id_ in (tension.poles[0].id, "new_pole"))
    mine = load_codebook(write(f'extends = "default"\n{frame}[[tension]]\nid = "{tension.id}"\nquestion = "?"\nreplaces = true\n{poles}'))
    assert mine.frame_ids == book.frame_ids
    assert mine.frames[1].coded == "borders alone"
    gone = tension.poles[1].id
    assert mine.pole_ids == tuple("new_pole" if pole == gone else pole for pole in book.pole_ids)
    assert mine.examples == tuple(example for example in book.examples if gone not in example.poles)
    assert parse_codebook(mine.source) == mine


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends = 3", r"'extends' is 3; expected 'default' or the path of a codebook, relative to this file"),
        ('extends = ""', "'extends' is ''; expected 'default'"),
        ('extends = "none.toml"', r"extends 'none.toml', and there is no file .*none\.toml; expected 'default'"),
        ('extends = "mine.toml"', r"extends 'mine.toml', which extends this file again"),
        ('extends = "default"\nversion = "2"', "'version' is '2'"),
        ('extends = "default"\n[[frame]]\nid = "{frame}"\ncoded = "x"', r"\[\[frame\]\] 1: '{frame}' is there already; .* replaces = true"),
        ('extends = "default"\n[[frame]]\nid = "{pole}"\ncoded = "x"', "the id '{pole}' is used 2 times"),
        ('extends = "default"\n' + HEALTH + "replaces = true", r"\[\[frame\]\] 1: replaces 'health', which the codebook that it extends has not"),
        ('extends = "default"\n' + HEALTH + "replaces = 1", r"\[\[frame\]\] 1: 'replaces' is 1; expected true or false"),
        ('extends = "default"\n' + HEALTH + HEALTH, r"\[\[frame\]\] 2: 'health' is there already"),
        ('extends = "default"\n[[frame]]\nid = "x"', r"\[\[frame\]\] 1: 'coded' is missing"),
        ('extends = "default"\n[[example]]\ntext = "x"\nframes = ["health"]', r"\[\[example\]\] 1: unknown id 'health'"),
        ('extends = "default"\n[[rule]]\ntitle = "Unit"\ntext = "x"', r"\[\[rule\]\] 1: 'Unit' is there already; give it another title"),
        ('title = "x"\nversion = 1' + HEALTH + "replaces = true", r"a \[\[frame\]\] has 'replaces', and the codebook extends none"),
        ('extends = "default"' + HEALTH + "name = 3", r"\[\[frame\]\] 1: 'name' is 3; expected text"),
    ],
)
def test_faults_are_told_in_a_line(write, book, text, message):
    names = {"frame": book.frame_ids[0], "pole": book.pole_ids[0]}
    for name, id_ in names.items():
        text, message = text.replace(f"{{{name}}}", id_), message.replace(f"{{{name}}}", id_)
    path = write(text)
    with pytest.raises(CodebookError, match=message) as caught:
        load_codebook(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_longer_circle(write):
    write('extends = "mine.toml"', "other.toml")
    with pytest.raises(CodebookError, match=r"other\.toml: extends 'mine.toml', which extends this file again"):
        load_codebook(write('extends = "other.toml"'))


def test_a_model_folder_reads_no_other_file():
    with pytest.raises(CodebookError, match="'extends' has no meaning here"):
        parse_codebook('extends = "default"')


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_text_survives(tmp_path_factory, words):
    folder = tmp_path_factory.mktemp("books")
    # A TOML file by another hand: every character of the definition as an escape.
    escaped = "".join(f"\\U{ord(character):08x}" for character in words)
    (folder / "mine.toml").write_text(f'extends = "default"\n[[frame]]\nid = "x"\ncoded = "{escaped}"\n', encoding="utf-8")
    mine = load_codebook(folder / "mine.toml")
    assert mine.frames[-1].coded == words
    assert parse_codebook(mine.source) == mine
