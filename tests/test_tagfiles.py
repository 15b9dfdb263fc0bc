import numpy as np
import pytest
from click.testing import CliRunner

from migclass.cli import main
from migclass.errors import DocumentError, ModelError
from migclass.tagfiles import read_tags

TEXT = "The border was closed. Nurses from abroad keep the wards open. The meeting ended."


@pytest.fixture
def tags(tmp_path, model_folder):
    def score(suffix, *options):
        page, meta = tmp_path / "page.txt", tmp_path / "meta.csv"
        page.write_text(TEXT, encoding="utf-8")
        meta.write_text(f"file,year\n{page},2015\n", encoding="utf-8")
        path = tmp_path / f"tags{len(list(tmp_path.iterdir()))}.{suffix}"
        done = CliRunner().invoke(main, ["score", str(page), "--meta", str(meta), "--model", str(model_folder), "-o", str(path), *options])
        assert done.exit_code == 0, done.output
        return path

    return score


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_all_formats_say_the_same(tags, suffix, book):
    parquet, other = read_tags([tags("parquet")], codebook=book), read_tags([tags(suffix)], codebook=book)
    assert len(parquet) == 3
    assert parquet.own_columns == other.own_columns == ("year",)
    assert parquet.rows.column("text").to_pylist() == other.rows.column("text").to_pylist()
    np.testing.assert_array_equal(parquet.tagged, other.tagged)
    np.testing.assert_array_equal(parquet.unsure, other.unsure)
    np.testing.assert_allclose(parquet.scores, other.scores, atol=1e-5)
    assert parquet.document.tolist() == [0, 0, 0]


def test_what_is_no_file_of_tags_is_refused(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("text,year\nA sentence.,2015\n", encoding="utf-8")
    with pytest.raises(DocumentError, match="no column 'document'; expected a file that `migclass score` wrote"):
        read_tags([path])


@pytest.mark.parametrize(
    ("column", "old", "new", "message"),
    [
        ("model", "small ", "other ", "tags of two models"),
        ("model", "small ", "small 0", "tags of two models"),
        ("codebook", "v2 ", "v2 0", "tags of two codebooks"),
    ],
)
def test_tags_of_two_kinds_are_refused(tags, book, column, old, new, message):
    one = tags("jsonl")
    text = one.read_text(encoding="utf-8")
    changed = text.replace(f'"{column}": "{old}', f'"{column}": "{new}')
    assert changed != text
    (other := one.with_name("other.jsonl")).write_text(changed, encoding="utf-8")
    (mixed := one.with_name("mixed.jsonl")).write_text(text + changed, encoding="utf-8")
    with pytest.raises(DocumentError, match=rf"^{other}: tagged by the {column} '{new}\w+', and {one} by '{old}\w+'; {message}"):
        read_tags([one, other], codebook=book)
    with pytest.raises(DocumentError, match=rf"^{mixed}: tagged by the {column} '{new}\w+', and by '{old}\w+'; {message}"):
        read_tags([mixed], codebook=book)


def test_files_of_two_models_are_refused_before_their_columns_are_looked_at(tags, tiny_folder, book):
    for suffix in ("parquet", "csv", "jsonl"):
        with pytest.raises(DocumentError, match="tags of two models"):
            read_tags([tags(suffix), tags(suffix, "--model", str(tiny_folder))])


def test_the_codebook_is_found_by_its_hash(tags, tiny_folder, tiny, book):
    path = tags("parquet", "--model", str(tiny_folder))
    assert read_tags([path], models=[tiny_folder]).codebook == tiny.codebook
    with pytest.raises(ModelError, match="no codebook at hand has the hash"):
        read_tags([path])
    with pytest.raises(ModelError, match=f"carry the codebook {tiny.codebook.hash}, and the one given has the hash {book.hash}"):
        read_tags([path], codebook=book)


def test_headings_can_be_left_out(tmp_path):
    (tmp_path / "headed.txt").write_text("OUR WORK\n\nThey closed the border again. The wards were short of nurses.\n", encoding="utf-8")
    path = tmp_path / "headed.jsonl"
    assert CliRunner().invoke(main, ["score", str(tmp_path / "headed.txt"), "-o", str(path)]).exit_code == 0
    found = read_tags([path])
    assert found.rows.column("text").to_pylist()[0] == "OUR WORK"
    assert found.only_sentences().rows.column("text").to_pylist() == found.rows.column("text").to_pylist()[1:]
