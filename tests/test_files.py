import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler import files


def test_canonical_json_is_one_form():
    value = {"b": [1, 2.5, None, True], "a": {"z": "ü\u2028<", "y": ""}}
    assert files.canonical(value) == files.canonical(dict(reversed(value.items())))
    assert files.canonical({"b": 1, "a": "ü"}) == '{\n  "a": "ü",\n  "b": 1\n}\n'.encode()


@pytest.mark.parametrize(
    "value", [{1: "a"}, {"a": {1, 2}}, {"a": object()}, {"a": datetime(2026, 1, 1, tzinfo=UTC)}]
)
def test_what_json_does_not_know_is_refused(value):
    with pytest.raises(TypeError):
        files.canonical(value)


def test_json_that_is_none_is_a_value_error():
    with pytest.raises(ValueError, match="unexpected"):
        files.parse_json(b"<html>")


def test_a_file_is_written_whole_with_its_folders(tmp_path):
    target = tmp_path / "a" / "b.json"
    files.write_atomically(target, b"one")
    files.write_atomically(target, b"two")
    assert target.read_bytes() == b"two"
    assert [path.name for path in target.parent.iterdir()] == ["b.json"]


def test_a_new_file_has_what_the_umask_leaves_and_one_that_is_there_keeps_its_mode(tmp_path):
    target = tmp_path / "b.json"
    before = os.umask(0o027)
    try:
        files.write_atomically(target, b"one")
        assert stat.S_IMODE(target.stat().st_mode) == 0o640
        target.chmod(0o604)
        files.write_atomically(target, b"two")
        assert stat.S_IMODE(target.stat().st_mode) == 0o604
    finally:
        os.umask(before)


def test_a_symbolic_link_stays_one(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("file")
    files.write_atomically(link, b"one")
    assert link.is_symlink()
    assert (tmp_path / "file").read_bytes() == b"one"


def test_a_failed_write_leaves_the_old_bytes_and_no_litter(tmp_path):
    target = tmp_path / "b.json"
    target.write_bytes(b"old")
    with pytest.raises(TypeError):
        files.write_atomically(target, "not bytes")  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


def test_characters_that_act_are_escaped_and_the_value_is_the_same():
    value = {
        "name<&>": "</script>\x7f\x85\u009b2J\u00ad\u061c\u200b\u200f\u2028\u202e\u2066\ufeff",
        "büro": "→ ok",
    }
    data = files.canonical(value)
    assert files.parse_json(data) == value
    assert files.canonical(files.parse_json(data)) == data
    text = data.decode()
    assert not set(text) & set("<>&\x7f\x85\u009b\u00ad\u061c\u200b\u200f\u2028\u202e\u2066\ufeff")
    assert "büro" in text
    assert "→ ok" in text


def test_a_file_has_its_name_only_when_the_disk_has_its_bytes(tmp_path, monkeypatch):
    done: list[object] = []
    real = Path.replace

    def replace(path, to):
        done.append(to.name)
        return real(path, to)

    monkeypatch.setattr(os, "fsync", lambda descriptor: done.append(os.fstat(descriptor).st_size))
    monkeypatch.setattr(Path, "replace", replace)
    files.write_atomically(tmp_path / "b.json", b"four")
    assert done == [4, "b.json"]
