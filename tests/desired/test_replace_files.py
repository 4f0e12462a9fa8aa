"""Files are replaced all or none, and never one that was changed meanwhile, is read-only or is a link."""

import pytest

from reconciler.desired.replace_files import Replacement, replace_files
from reconciler.errors import DesiredStateError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "desired/pve").mkdir(parents=True)
    (tmp_path / "desired/pve/a.yaml").write_bytes(b"a\n")
    (tmp_path / "desired/pve/a.yaml").chmod(0o640)
    return tmp_path / "desired"


def refused(folder, **changes):
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml") if path.is_file()}
    paths = {f"pve/{name}.yaml": change for name, change in changes.items()}
    with pytest.raises(DesiredStateError) as caught:
        replace_files(folder, "d", {"pve/a.yaml": Replacement(b"a\n", b"A\n")} | paths)
    assert {path: path.read_bytes() for path in folder.rglob("*.yaml") if path.is_file()} == before
    assert not list(folder.rglob(".*"))
    return [str(problem) for problem in caught.value.problems]


def test_several_files(folder):
    changes = {"pve/a.yaml": Replacement(b"a\n", b"A\n"), "npm/b.yaml": Replacement(None, b"b\n")}
    replace_files(folder, "d", changes)
    assert (folder / "pve/a.yaml").read_bytes() == b"A\n"
    assert (folder / "pve/a.yaml").stat().st_mode & 0o777 == 0o640
    assert (folder / "npm/b.yaml").read_bytes() == b"b\n"


def test_a_file_that_was_changed_meanwhile(folder):
    (folder / "pve/b.yaml").write_bytes(b"other\n")
    expected = ["d/pve/b.yaml: was changed meanwhile; check the file, and try again"]
    assert refused(folder, b=Replacement(b"b\n", b"B\n")) == expected
    assert refused(folder, b=Replacement(None, b"B\n")) == expected
    (folder / "pve/b.yaml").unlink()
    assert refused(folder, b=Replacement(b"b\n", b"B\n")) == expected


def test_a_file_that_is_read_only(folder):
    (folder / "pve/b.yaml").write_bytes(b"b\n")
    (folder / "pve/b.yaml").chmod(0o444)
    assert "is read-only" in refused(folder, b=Replacement(b"b\n", b"B\n"))[0]


def test_a_link(folder):
    (folder / "pve/b.yaml").symlink_to("a.yaml")
    assert "leads through a symbolic link" in refused(folder, b=Replacement(b"a\n", b"B\n"))[0]


def test_a_name_that_cannot_be_written(folder):
    (folder / "pve/b.yaml").mkdir()
    assert refused(folder, b=Replacement(None, b"B\n"))[0].startswith("d/pve/b.yaml: cannot be read: ")
    assert refused(folder, **{"x" * 300: Replacement(None, b"B\n")})[0].startswith("d/pve/xxx")
