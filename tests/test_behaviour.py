import pytest

from migclass.behaviour import judge, pass_rates, read_cases
from migclass.errors import LabelError

CASE = """[[case]]
id = "{id}"
capability = "{capability}"
same = "{same}"
{sentences}
"""


def sentence(text, has=(), lacks=()):
    return f'[[case.sentence]]\ntext = "{text}"\nhas = {list(has)}\nlacks = {list(lacks)}\n'.replace("'", '"')


def write(path, *sentences, same="", id="one", capability="trial"):
    path.write_text(CASE.format(id=id, capability=capability, same=same, sentences="".join(sentences)), encoding="utf-8")
    return path


def test_verdicts(tmp_path, tagger, book):
    text = "They closed the border and deported two hundred people."
    tags = tagger.tag([text])[0]
    missing = next(code for code in book.codes if code not in tags.frames + tags.poles)
    found = tags.frames[0]
    write(tmp_path / "a.toml", sentence(text, [found], [missing]), id="passes")
    write(tmp_path / "b.toml", sentence(text, [missing], [found]), id="fails")
    write(tmp_path / "c.toml", sentence(text), sentence("The meeting was adjourned."), same="frames", id="differs", capability="other")
    verdicts = judge(tagger, read_cases(tmp_path, book))
    assert [v.passed for v in verdicts] == [True, False, False]
    assert verdicts[1].faults == (f"lacks {missing}, has {found}: {text}",)
    assert verdicts[2].faults[0].startswith("not the same frames: ")
    assert pass_rates(verdicts) == {"trial": (1, 2), "other": (0, 1)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[case]", "not TOML"),
        ("a = 1", r"has no \[\[case\]\]"),
        ('[[case]]\nid = "x"\n', "case 1: expected id and capability"),
        (CASE.format(id="x", capability="y", same="all", sentences=sentence("z")), "same is 'all'; expected one of frames, poles, codes"),
        (CASE.format(id="x", capability="y", same="", sentences=sentence("z", ["healht"])), "has has the unknown code 'healht'"),
        (
            CASE.format(id="x", capability="y", same="", sentences='[[case.sentence]]\ntext = "z"\nhas = "climate"'),
            "has is 'climate'; expected a list",
        ),
        (CASE.format(id="x", capability="y", same="", sentences=sentence("z", ["climate"], ["climate"])), "'climate' is in has and in lacks"),
        (CASE.format(id="x", capability="y", same="", sentences="[[case.sentence]]\nhas = []"), "expected text, and has and lacks"),
        ('[[case]]\nid = "x"\ncapability = "y"\nnote = ""\n' + sentence("z"), "unknown field 'note'"),
        (2 * CASE.format(id="x", capability="y", same="", sentences=sentence("z")), "id 'x' is used before"),
    ],
)
def test_bad_files(tmp_path, book, content, message):
    (tmp_path / "bad.toml").write_text(content, encoding="utf-8")
    with pytest.raises(LabelError, match=message):
        read_cases(tmp_path / "bad.toml", book)


def test_no_files(tmp_path, book):
    with pytest.raises(LabelError, match=r"no \.toml file in it"):
        read_cases(tmp_path, book)
    with pytest.raises(LabelError, match="no such file"):
        read_cases(tmp_path / "none.toml", book)
