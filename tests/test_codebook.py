import pytest

from migclass.codebook import as_markdown, load_codebook, parse_codebook
from migclass.errors import CodebookError

SMALL = """
title = "Small"
version = 1
[[frame]]
id = "health"
coded = "health"
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


def test_order_of_the_file_is_the_order_of_columns(book):
    assert book.codes == book.frame_ids + book.pole_ids
    assert [book.column[code] for code in book.codes] == list(range(len(book.codes)))
    assert parse_codebook(SMALL).codes == ("health", "slow", "fast")


def test_the_shipped_codebook_is_whole(book):
    assert (len(book.frames), len(book.tensions), len(book.rules), len(book.decisions), len(book.examples)) == (5, 7, 6, 15, 10)
    assert all(code.coded and code.cues for code in book.entries)


def test_markdown_names_everything(book):
    page = as_markdown(book)
    for entry in book.entries:
        assert f"`{entry.id}`" in page
        assert entry.coded in page
    for rule in (*book.rules, *book.pole_rules, *book.decisions):
        assert rule.text in page
    assert all(example.text in page for example in book.examples)


def test_hash_follows_the_source():
    assert parse_codebook(SMALL).hash != parse_codebook(SMALL + "\n").hash


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("version = 1", ""), "'version' is missing"),
        (("version = 1", "version = true"), "'version' is True"),
        (('id = "slow"', 'id = "health"'), "'health' is used 2 times"),
        (('id = "slow"', 'id = "pace"'), "'pace' is used 2 times"),
        (('id = "slow"', 'id = "Slow pace"'), "'Slow pace'; expected lower-case"),
        (('[[tension.pole]]\nid = "fast"\ncoded = "fast"', ""), "1 poles; expected two"),
        (('coded = "health"', 'coded = "health"\ncues = ["a*b"]'), "cue 'a\\*b'"),
        (('coded = "health"', 'coded = "health"\ncues = ["2030"]'), "cue '2030'"),
        (('coded = "health"', 'coded = "health"\ncues = "ill"'), "'cues' is 'ill'; expected a list"),
        (('coded = "health"', ""), r"\[\[frame\]\] 1: 'coded' is missing"),
        (("[[frame]]", "[frame]"), "'frame' is not a list of tables"),
        (('title = "Small"', "title = Small"), "not TOML"),
        (('coded = "fast"', 'coded = "fast"\n[[example]]\ntext = "x"\nframes = ["wealth"]'), "unknown id 'wealth'"),
    ],
)
def test_faults_are_told_in_a_line(change, message, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SMALL.replace(*change))
    with pytest.raises(CodebookError, match=message) as caught:
        load_codebook(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(CodebookError, match="no such file"):
        load_codebook(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes("title = 'é'".encode("latin-1"))
    with pytest.raises(CodebookError, match="UTF-8"):
        load_codebook(tmp_path / "latin.toml")


def test_no_codes_at_all():
    with pytest.raises(CodebookError, match="no code"):
        parse_codebook('title = "x"\nversion = 1')
