import os
import stat

import pytest

from migclass import files
from migclass.errors import OutputError
from migclass.files import check_apart, check_free, replacing, replacing_folder


def write(path, data=b"new", **options):
    with replacing(path, **options) as file:
        file.write(data)


def fill(folder, data="new", **options):
    with replacing_folder(folder, **options) as new:
        (new / "a.txt").write_text(data)


def break_off(path, end):
    with replacing(path, force=True) as file:
        file.write(b"half")
        raise end


def break_off_folder(path, end):
    with replacing_folder(path, force=True) as new:
        (new / "b.txt").write_text("half")
        raise end


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    old = os.umask(0o027)
    yield
    os.umask(old)


def test_of_two_runs_at_once_the_first_to_end_wins(tmp_path):
    path = tmp_path / "out.txt"
    with pytest.raises(OutputError, match=r"out\.txt: exists already; name another file"), replacing(path):
        write(path, b"first")
    assert path.read_bytes() == b"first"
    with pytest.raises(OutputError, match="models: exists already; name another folder"), replacing_folder(tmp_path / "models"):
        fill(tmp_path / "models", "first")
    assert (tmp_path / "models" / "a.txt").read_text() == "first"
    assert len(list(tmp_path.iterdir())) == 2


def test_where_files_have_no_second_names(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write(tmp_path / "out.txt")
    with pytest.raises(OutputError, match="exists already"), replacing(tmp_path / "late.txt"):
        write(tmp_path / "late.txt", b"first")
    assert [(path.name, path.read_bytes()) for path in sorted(tmp_path.iterdir())] == [("late.txt", b"first"), ("out.txt", b"new")]


def test_permissions(tmp_path, umask):
    path, folder = tmp_path / "out.txt", tmp_path / "models"
    write(path)
    fill(folder)
    assert (mode(path), mode(folder), mode(folder / "a.txt")) == (0o640, 0o750, 0o640)
    path.chmod(0o600)
    folder.chmod(0o700)
    with replacing(path, force=True):
        (room,) = tmp_path.glob(".migclass-*.tmp")
        assert mode(room) == 0o700
    fill(folder, force=True)
    assert (mode(path), mode(folder)) == (0o600, 0o700)


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    for name in ("file", "folder"):
        (tmp_path / name).symlink_to(tmp_path / "far" / name)
    for data in ("one", "two"):
        write(tmp_path / "file", data.encode(), force=data == "two")
        fill(tmp_path / "folder", data, force=data == "two")
    assert (tmp_path / "file").is_symlink()
    assert (tmp_path / "folder").is_symlink()
    assert (tmp_path / "far" / "file").read_bytes() == b"two"
    assert (tmp_path / "far" / "folder" / "a.txt").read_text() == "two"
    assert sorted(os.listdir(tmp_path / "far")) == ["file", "folder"]


@pytest.mark.parametrize("name", [".", "/dev/null", "/dev/stdin/x", "none/out.txt", "/proc/out.txt", "n" * 256])
def test_what_is_no_place_for_a_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match=r"is no file; name a file|can't be written"):
        write(name, force=True)
    assert os.listdir(tmp_path) == []
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path):
    write(tmp_path / ("n" * 255))


@pytest.mark.parametrize("end", [KeyboardInterrupt, ZeroDivisionError])
def test_nothing_is_left_of_what_was_not_ended(tmp_path, end):
    write(tmp_path / "out.txt", b"old")
    fill(tmp_path / "models", "old")
    with pytest.raises(end):
        break_off(tmp_path / "out.txt", end)
    with pytest.raises(end):
        break_off_folder(tmp_path / "models", end)
    assert sorted(os.listdir(tmp_path)) == ["models", "out.txt"]
    assert ((tmp_path / "out.txt").read_bytes(), os.listdir(tmp_path / "models")) == (b"old", ["a.txt"])


@pytest.mark.parametrize("exchanges", [files._EXCHANGES, {}, {"linux": ("no_such_call", 0)}], ids=["at-once", "unknown-system", "old-system"])
def test_a_folder_is_replaced_on_any_system(tmp_path, monkeypatch, exchanges):
    monkeypatch.setattr(files, "_EXCHANGES", exchanges)
    fill(tmp_path / "models", "old")
    fill(tmp_path / "models", force=True)
    assert (tmp_path / "models" / "a.txt").read_text() == "new"
    assert os.listdir(tmp_path) == ["models"]


def test_an_old_folder_comes_back_where_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    fill(tmp_path / "models", "old")
    rename = os.rename

    def fail(old, new):
        if os.path.exists(old) and os.path.basename(old) == "new":
            raise OSError(39 if os.path.exists(new) else 5, "Input/output error")
        rename(old, new)

    monkeypatch.setattr(files, "_EXCHANGES", {})
    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OutputError, match="can't be written: Input/output error"):
        fill(tmp_path / "models", force=True)
    assert (tmp_path / "models" / "a.txt").read_text() == "old"


def test_an_input_is_no_output(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    check_apart([None, str(tmp_path / "none")], str(tmp_path / "a"))
    check_apart([str(tmp_path / "a")], None)
    with pytest.raises(OutputError, match="b: is read as well"):
        check_apart([None, str(tmp_path / "a")], str(tmp_path / "b"))
    check_free(tmp_path / "c")
