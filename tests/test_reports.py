"""The report as a file: what it counts and shows, that it is whole, safe and the same each time. How it looks and acts is in test_browser."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from conftest import ROOT

from migclass.cli import main
from migclass.codebook import parse_codebook
from migclass.errors import DocumentError, ModelError
from migclass.prose import sentence_lines
from migclass.reports import report
from migclass.reports.charts import BALANCE, percent, share_scale
from migclass.reports.text import marks
from migclass.tagfiles import TaggedSentences, read_tags
from migclass.tagging import load

SPEECH = str(ROOT / "examples" / "speech.txt")
HOSTILE = '<script>alert("1")</script></script><img src=x onerror=alert(2)> & \'"`</p>'
VOID = {"meta", "br", "img", "input", "link", "hr"}


class Page(HTMLParser):
    """What stands in a page: tags with attributes, words of each tag, and headings in order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.words, self.stack = [], {}, []
        self.feed(page)
        assert not self.stack, f"not closed: {self.stack}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if self.stack:
            self.words.setdefault(self.stack[-1], []).append(data)

    def text(self, *tags):
        return " ".join(" ".join(self.words.get(tag, [])) for tag in tags)


@pytest.fixture
def make(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, output="report.html", code=0):
        done = CliRunner().invoke(main, ["report", *map(str, arguments), "-o", output])
        assert done.exit_code == code, done.output
        return (tmp_path / output).read_text(encoding="utf-8") if code == 0 else done.output

    return call


@pytest.fixture
def texts(tmp_path, rows):
    """Six documents of two sources in three years, with their table."""
    lines = ["file,source,year,title"]
    for i in range(6):
        name = f"{i}.txt"
        (tmp_path / name).write_text(" ".join(row.text for row in rows[40 * i : 40 * i + 40]), encoding="utf-8")
        lines.append(f"{name},{'ministry' if i % 2 else 'union'},{2010 + i // 2},Statement {i}")
    (tmp_path / "meta.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [f"{i}.txt" for i in range(6)]


def test_the_page_has_every_part(make, texts):
    page = make(*texts, "--meta", "meta.csv", "--by", "source", "--title", "Two sources")
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == ["short", "trust", "frames", "tensions", "where", "compared", "years", "text"]
    assert [name for name in re.findall(r'href="#(\w+)"', page.split("</nav>")[0]) if name != "main"] == sections
    parsed = Page(page)
    assert parsed.words["h1"] == ["Two sources"]
    headings = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h\d", tag)]
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    assert "ministry" in page
    assert "Statement 5" in page


def test_the_page_is_one_file_that_loads_nothing(make):
    page = make(SPEECH)
    for tag, attributes in Page(page).tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        assert "src" not in attributes
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "#").startswith("#")
    assert not re.search(r"@import|url\(", page)


def test_the_policy_allows_the_own_style_and_script_only(make):
    page = make(SPEECH)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        source = re.search(rf"<{tag}>(.*?)</{tag}>", page, flags=re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_text_of_a_document_is_text(make, tmp_path):
    sentence = f"They closed the border to all asylum seekers who came {HOSTILE} by night."
    table = tmp_path / "hostile.jsonl"
    rows = [{"text": sentence, "title": HOSTILE + str(i), "source": HOSTILE + "a" * i, "year": 2010 + i} for i in range(3)]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    page = make(table, "--by", "source,title", "--title", HOSTILE)
    parsed = Page(page)
    assert [tag for tag, _ in parsed.tags].count("script") == 2
    assert "img" not in {tag for tag, _ in parsed.tags}
    assert parsed.words["h1"] == [HOSTILE]
    assert HOSTILE in parsed.text("span")
    data = re.search(r'id="data">(.*?)</script>', page, flags=re.S).group(1)
    assert "<" not in data
    assert json.loads(data)["tags"]


def test_the_same_tags_give_the_same_page_whatever_file_they_come_in(make, texts, tmp_path):
    first = make(*texts)
    assert make(*texts, output="again.html") == first
    for suffix in ("jsonl", "csv", "parquet"):
        done = CliRunner().invoke(main, ["score", *texts, "-o", f"tags.{suffix}"])
        assert done.exit_code == 0, done.output
        # Text formats keep six digits of a probability, so that equals may change places.
        page = make(f"tags.{suffix}", output=f"{suffix}.html")
        assert page == first if suffix == "parquet" else len(page) == pytest.approx(len(first), rel=0.01)


def test_a_report_of_300_pages_is_small_enough(make, tmp_path):
    lines = [json.loads(line)["text"] for line in (ROOT / "labels" / "train.jsonl").read_text(encoding="utf-8").splitlines()[:6000]]
    (tmp_path / "book.txt").write_text("\n\n".join(lines), encoding="utf-8")
    page = make("book.txt")
    assert len(page.encode()) < 3_000_000
    assert "has room for" not in page


def test_a_page_has_room_for_so_much_text(make, tmp_path):
    lines = [json.dumps({"text": f"They closed the border to the {i} who came."}) for i in range(1200)]
    (tmp_path / "many.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    page = make("many.jsonl")
    assert "has room for the first 1,000 sentences" in page
    assert "to the 999 who came" in page
    assert "1,200 sentences of 1,200 documents" in page
    assert "There is room for 24 of 1200 groups" in page
    assert len(page.encode()) < 3_000_000


def test_headings_navigation_and_references_count_nowhere():
    texts = [
        "OUR WORK AND OUR PARTNERSHIPS IN MIGRATION POLICY",
        "Partnerships",
        "Newland, Kathleen. 2010. The Governance of International Migration. Global Governance 16 (3): 331-343.",
        "See https://example.org/border for what the government said about its new fence.",
        "The border was closed to all who came by sea that winter.",
        "support for those who want to return to their country",
        "Home of the page with what we do and say",
        "Home of the page with what we do and say",
        "Home of the page with what we do and say",
        "Nobody asked the nurses from abroad what they had been paid.",
        "“They told us to wait,” she said, “and so we waited for years.”12",
        "The ministers met twice and agreed on the words of a statement.",
        "We must act.",
    ]
    found = sentence_lines([*texts, *(f"This is the sentence with the number {i} of them." for i in range(8))])
    assert found[:13].tolist() == [i in {4, 5, 9, 10, 11, 12} for i in range(13)]


def test_what_does_not_count_has_no_tags_in_the_page(make, tmp_path):
    body = "The meeting on the ward was held on a long and rainy Tuesday. " * 2 + "The nurses were late, and nobody had told the others why. "
    (tmp_path / "page.txt").write_text(f"Our Work\n\nPartnerships\n\n{body}", encoding="utf-8")
    page = make("page.txt")
    assert '<p class="line">Our Work' in page
    assert "2 of 5 lines are no sentences" in page


def test_a_list_of_headlines_counts_in_full():
    assert sentence_lines(["Border Closed", "Wages Up", "Nurses from abroad keep the wards open at night"]).all()


def test_examples_are_sure_and_from_different_documents(make, texts, book):
    CliRunner().invoke(main, ["score", *texts, "-o", "tags.parquet"])
    tags = read_tags(["tags.parquet"])
    page = report(tags, tagger=load())
    shown = 0
    for part in re.findall(r'<div class="side side-[ab]"><h4>([^<]*)</h4>(.*?)</div>', page, flags=re.S):
        column = next(i for i, code in enumerate(book.entries) if code.name == part[0] and i >= len(book.frames))
        quoted = [int(row) for row in re.findall(r'href="#s(\d+)"', part[1])]
        assert tags.tagged[quoted, column].all()
        assert not tags.unsure[quoted, column].any()
        candidates = tags.document[tags.tagged[:, column] & ~tags.unsure[:, column]]
        assert len({int(tags.document[row]) for row in quoted}) >= min(len(set(candidates.tolist())), len(quoted)) - 1
        shown += len(quoted)
    assert shown > 20


def test_words_that_drove_a_tag_come_from_the_model_that_made_it(make):
    page = make(SPEECH)
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, flags=re.S).group(1))
    spans = re.findall(r'<span class="t [^"]*" id="s\d+">(.*?) <button', page)
    assert len(spans) == len(data["tags"]) > 5
    for text, codes in zip(spans, data["tags"], strict=True):
        said = text.lower().replace("&#39;", "'")
        for _, chance, _, tagged, words in codes:
            assert 0 < chance < 100
            assert words or not tagged
            if words:
                # The model reads digits as 0.
                word = re.escape(words.split(" +")[0]).replace("0", r"\d")
                assert re.search(word, said)


def test_without_its_model_a_report_says_that_nothing_is_known_of_quality(make, tmp_path, model_folder):
    (tmp_path / "page.txt").write_text("The border was closed to all who came. " * 3, encoding="utf-8")
    CliRunner().invoke(main, ["score", "page.txt", "--model", str(model_folder), "-o", "tags.jsonl"])
    assert "model that made these tags is not at hand" in make("tags.jsonl")
    assert "not at hand" not in make("tags.jsonl", "--model", model_folder, output="with.html")
    assert "has the hash" in make("tags.jsonl", "--model", "base", output="other.html", code=1)


def test_a_tagger_that_did_not_make_the_tags_is_refused(tagger, straits):
    with pytest.raises(ModelError, match=r"the tags were made by 'base [0-9a-f]+', and the tagger is 'small "):
        report(read_tags([straits]), tagger=tagger)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("Die Grenze bleibt geschlossen, und die Verfahren dauern nach wie vor viele lange Jahre. " * 40, "looks like German"),
        ("We met for the first time on a long and rainy day in the spring.", "There are only 1 sentences"),
        ("The fluxional ferrocenyl ligand of a quinoline moiety chelates the lanthanide cation by its azulene. " * 40, "unlike anything"),
    ],
)
def test_a_text_that_the_model_does_not_know_is_warned_of(make, tmp_path, text, warning):
    lines = [sentence.strip() + f" {i}." for i, sentence in enumerate(text.split(". ")) if sentence.strip()]
    (tmp_path / "page.txt").write_text("\n\n".join(line.replace("..", ".") for line in lines), encoding="utf-8")
    assert warning in make("page.txt")


def test_a_text_of_the_kind_that_was_measured_is_not_warned_of(make, tmp_path):
    lines = [json.loads(line)["text"] for line in (ROOT / "labels" / "test.jsonl").read_text(encoding="utf-8").splitlines()[:300]]
    (tmp_path / "page.txt").write_text("\n\n".join(lines), encoding="utf-8")
    page = make("page.txt")
    assert 'class="warning"' not in page
    assert "Nothing shows that this text is unlike" in page


def test_refusals_are_one_clear_line(make, tmp_path, texts):
    make(texts[0])
    assert "exists already" in make(texts[0], code=1)
    make(texts[0], "--force")
    CliRunner().invoke(main, ["score", texts[0], "-o", "tags.jsonl"])
    assert "some files are tags and some are documents" in make("tags.jsonl", texts[1], output="x.html", code=2)
    assert "--meta goes with documents" in make("tags.jsonl", "--meta", "meta.csv", output="x.html", code=2)
    assert "no column 'speaker'" in make("tags.jsonl", "--by", "speaker", output="x.html", code=1)
    tags = read_tags(["tags.jsonl"])
    with pytest.raises(DocumentError, match="no sentence to report on"):
        report(tags.take(np.zeros(0, np.int64)))


BOOKS = {
    "frames only": '[[frame]]\nid = "health"\ncoded = "illness"\n',
    "a tension only": '[[tension]]\nid = "tone"\nquestion = "how it sounds"\n[[tension.pole]]\nid = "grim"\ncoded = "fear"\n'
    '[[tension.pole]]\nid = "glad"\ncoded = "hope"\n',
}


@pytest.mark.parametrize("kind", BOOKS)
@pytest.mark.parametrize("share", [0, 1])
def test_any_codebook_and_any_share_of_tags_make_a_page(kind, share):
    book = parse_codebook(f'title = "Own"\nversion = 1\n{BOOKS[kind]}')
    n, k = 3, len(book.codes)
    places = {"document": ["a", "a", "b"], "index": [0, 1, 0], "start": [0, 30, 0], "end": [29, 60, 30], "text": ["They came here again."] * n}
    marks = np.full((n, k), bool(share))
    tags = TaggedSentences(pa.table(places), marks, np.zeros((n, k), bool), np.full((n, k), 0.5 + 0.4 * share, np.float32), book, "own 0")
    parsed = Page(report(tags))
    assert ("tensions" in {attributes.get("id") for _, attributes in parsed.tags}) == (kind == "a tension only")


def test_places_on_scales(book):
    assert [BALANCE.at(value) for value in (-1, 0, 0.5, 1)] == [0, 50, 75, 100]
    assert share_scale([]).high == 0.1
    assert percent(0.999).startswith(">")
    short = marks(book)
    assert len(set(short)) == len(short) == len(book.codes)
