"""Symbolic links and entries of a wrong type in the publish folder: refused or removed, never followed."""

import contextlib
import errno
import os
import re
import shutil
import socket
import stat

import pytest

from reconciler.errors import PublishError
from reconciler.publish import folder, release
from reconciler.publish.serve.server import ReleaseServer
from tests.publish.test_publish import FIRST, SECOND, WEB, big, changed, names, put, tree
from tests.publish.test_serve import ask

pytestmark = pytest.mark.timeout(60)
THIRD = "20261123T213000Z-000003"


def _link(path, precious):
    path.symlink_to(precious)


def _folder(path, precious):
    shutil.copytree(precious, path)


def _socket(path, _precious):
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)


def _device(path, _precious):
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root may make devices")


MAKERS = {
    "link to a folder": _link,
    "link to a file": lambda path, precious: path.symlink_to(precious / "v1/summary.json"),
    "dangling link": lambda path, _: path.symlink_to("nowhere"),
    "link to itself": lambda path, _: path.symlink_to(path.name),
    "file": lambda path, _: path.write_bytes(b"{}"),
    "folder": _folder,
    "FIFO": lambda path, _: os.mkfifo(path),
    "socket": _socket,
    "device": _device,
}
REFUSED = {
    "releases": "a folder",
    ".lock": "a file",
    ".current.next": "a symbolic link",
    "current": "a symbolic link",
}
"""Entries beside the releases, with the type that each has."""
IN_RELEASES = [".next", f".removed.{FIRST}", SECOND, THIRD]
IN_NEXT = ["v1", "v1/inventory/guests/pve", "v1/summary.json", "v1/inventory/live.json.gz", WEB, "stray"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(
        release, "_flush", lambda folder: None
    )  # hundreds of publishes; the disk does not matter


@pytest.fixture
def precious(tmp_path):
    """A folder that a symbolic link leads to: laid out as a release, and nothing of it may change."""
    put(tmp_path / "precious", changed(memory=4711))
    return (tmp_path / "precious" / "current").resolve()


@pytest.fixture
def unharmed(precious):
    """Compare everything of it, times and numbers of links included, before and after."""

    def state():
        return {
            str(path): (path.lstat().st_mtime_ns, path.lstat().st_nlink, path.is_file() and path.read_bytes())
            for path in (precious, *precious.rglob("*"))
        }

    before = state()
    yield
    assert state() == before


def place(path, make, precious):
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    MAKERS[make](path, precious)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.usefixtures("unharmed")
def test_beside_the_releases_a_wrong_type_is_refused_in_one_line(tmp_path, precious, name, make):
    directory = tmp_path / "public"
    put(directory)
    right = ("link" in make) if REFUSED[name] == "a symbolic link" else make == REFUSED[name].split()[-1]
    place(directory / name, make, precious)
    if right:
        if name == "releases":  # a folder that is not ours is what it seems; here it is left out
            shutil.rmtree(directory / name)
            (directory / name).mkdir()
        put(directory, changed(THIRD))
        assert (directory / "current").readlink().name == THIRD
        return
    with pytest.raises(PublishError) as caught:
        put(directory, changed(THIRD))
    (line,) = str(caught.value).splitlines()
    found = "a symbolic link" if "link" in make else f"a {make}"
    want = REFUSED[name]
    assert line == (
        f"{directory / name}: is not {want} but {found}; move it away, or change publish.directory"
    )
    (directory / name).rename(tmp_path / "away")
    put(directory, changed(THIRD))
    assert (directory / "current").readlink().name == THIRD


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", IN_RELEASES)
@pytest.mark.usefixtures("unharmed")
def test_what_bears_the_name_of_a_release_and_is_none_is_removed(tmp_path, precious, name, make):
    directory = tmp_path / "public"
    put(directory)
    place(directory / "releases" / name, make, precious)
    result = put(directory, changed(THIRD), keep=2)
    assert tree(result.release) == tree(put(tmp_path / "clean", changed(THIRD)).release)
    put(directory, changed(THIRD, memory=2), keep=2)
    assert all(path.is_dir() and not path.is_symlink() for path in (directory / "releases").iterdir())
    assert len(names(directory)) == 2


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", IN_NEXT)
@pytest.mark.usefixtures("unharmed")
def test_nothing_that_lies_in_the_release_being_built_gets_into_it(tmp_path, precious, name, make):
    directory = tmp_path / "public"
    put(directory)
    place(directory / "releases" / ".next" / name, make, precious)
    result = put(directory, changed())
    assert tree(result.release) == tree(put(tmp_path / "clean", changed()).release)
    assert all(path.is_dir() or path.is_file() for path in result.release.rglob("*"))
    assert not any(path.is_symlink() for path in result.release.rglob("*"))


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", IN_NEXT)
@pytest.mark.usefixtures("unharmed")
def test_nothing_strange_in_the_served_release_is_carried_on(tmp_path, precious, name, make):
    directory = tmp_path / "public"
    served = put(directory).release
    place(served / name, make, precious)
    with ReleaseServer(directory) as server:
        answer = ask(server, "/v1/summary")
        assert answer.status in {200, 403, 404}
        assert b"4711" not in answer.body
    for keep in (2, 1, 1):
        put(directory, changed(), keep=keep)
    result = put(directory, changed(THIRD), keep=1)
    assert tree(result.release) == tree(put(tmp_path / "clean", changed(THIRD)).release)
    assert not any(path.is_symlink() for path in result.release.rglob("*"))


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.usefixtures("unharmed")
def test_a_current_release_that_is_none_is_replaced(tmp_path, precious, make):
    directory = tmp_path / "public"
    put(directory)
    place(directory / "releases" / FIRST, make, precious)
    with ReleaseServer(directory) as server:
        assert make == "folder" or ask(server, "/v1/summary").json["detail"] == "Nothing is published yet."
    result = put(directory)
    assert tree(result.release) == tree(put(tmp_path / "clean").release)


def test_a_removal_that_fails_does_not_stop_the_next_publish(tmp_path, monkeypatch):
    put(tmp_path)
    stuck = tmp_path / "releases" / f".removed.{SECOND}"
    stuck.mkdir()
    real = shutil.rmtree

    def failing(path, *arguments, **options):
        if path == stuck:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        real(path, *arguments, **options)

    monkeypatch.setattr(shutil, "rmtree", failing)
    with pytest.raises(PublishError, match="the new tree is served, but an old release could not be removed"):
        put(tmp_path, changed(THIRD))
    assert (tmp_path / "current").readlink().name == THIRD


def _truncated(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


TAMPERED = {
    "cut short": (_truncated, r"{path} has [\d,]+ bytes instead of [\d,]+"),
    "gone": (lambda path: path.unlink(), "{path} is missing"),
    "a link": (lambda path: (path.unlink(), path.symlink_to("/etc/hostname")), "{path} was not written"),
    "joined": (lambda path: path.with_name("x.json").touch(), r"v1(/inventory)?/x\.json was not written"),
}


@pytest.mark.parametrize("what", TAMPERED)
@pytest.mark.parametrize("name", ["v1/summary.json", "v1/inventory/live.json.gz"])
def test_a_release_that_is_not_on_disk_as_written_is_never_served(tmp_path, name, what):
    put(tmp_path, big())
    before = tree(tmp_path / "current")
    tamper, message = TAMPERED[what]

    class Saboteur:
        def step(self, text):
            if text == "making it durable":
                tamper(tmp_path / "releases/.next" / name)

        def count(self, what, done, total):
            pass

    refused = f"is not on disk as it was written: {message.format(path=re.escape(name))}; the tree published"
    with pytest.raises(PublishError, match=refused):
        put(tmp_path, big(SECOND, "y"), progress=Saboteur())
    assert tree(tmp_path / "current") == before
    assert names(tmp_path) == [FIRST]
    assert put(tmp_path, big(SECOND, "y")).release.name == SECOND


@pytest.mark.parametrize("keep", [1, 4])
@pytest.mark.parametrize("damage", ["cut", "emptied", "overwritten", "unreadable"])
def test_a_compressed_copy_that_kept_its_time_heals_as_well(tmp_path, keep, damage):
    path = "v1/inventory/guests/pve/1.json.gz"
    clean = tree(put(tmp_path / "clean", big()).release)[path]
    for run in (FIRST, SECOND, THIRD):
        put(tmp_path, big(run), keep=keep)
        copy = tmp_path / "current" / path
        assert copy.read_bytes() == clean
        state = copy.stat()
        assert stat.S_IMODE(state.st_mode) == 0o644
        if damage == "unreadable":
            copy.chmod(0o600)
            continue
        copy.write_bytes({"cut": clean[:-9], "emptied": b"", "overwritten": b"x" * len(clean)}[damage])
        os.utime(copy, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_the_end_of_a_compressed_copy_is_that_of_gzip():
    data = b"x" * 5000
    assert folder._compressed(data)[-8:] == folder._gzip_end(data)
