"""Files that people name: one that never ends, or that is no file, is one line and takes no memory."""

import os

import pytest

from tests.site_repository import SiteRepository

SPARSE = 2**31


def _pipe(path):
    os.mkfifo(path)


def _device(path):
    path.symlink_to("/dev/zero")


def _folder(path):
    path.mkdir()


def _large(path):
    with path.open("wb") as file:
        file.truncate(SPARSE)


KINDS = {"pipe": _pipe, "device": _device, "folder": _folder, "large": _large}
PLACES = {
    "config": ("config/reconciler.yaml", ["validate"]),
    "ignore rules": ("config/ignore.yaml", ["validate"]),
    "desired state": ("desired-state/pve/guest.yaml", ["validate"]),
    "CA": ("ca.pem", ["run"]),
    "snapshot": ("snapshot.json", ["drift", "--snapshot", "snapshot.json"]),
}


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        (place, kind)
        for place in PLACES
        for kind in KINDS
        if (place, kind) != ("desired state", "folder")  # a folder may have any name
    ],
)
def test_a_file_that_never_ends_is_one_line(quiet_lab, tmp_path, monkeypatch, capsys, place, kind):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    site.declare_example()
    site.configure(site.source(quiet_lab, trust="ca_file: ca.pem"))
    site.commit()
    name, command = PLACES[place]
    path = site.root / name
    path.unlink(missing_ok=True)
    KINDS[kind](path)
    assert site.run(*command) in {1, 64}
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert name in errors[0]
    assert "internal" not in errors[0]
