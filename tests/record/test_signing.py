"""Signed commits: with an SSH key, for a server that refuses others; whatever the user's git signs with."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from reconciler import record
from reconciler.config.settings import HistorySettings
from reconciler.errors import RecordError
from tests.record.parts import LOCAL, MARKDOWN, MORE, PUSHED, at, count, git, recorded

UNSIGNED = """#!/bin/sh
while read old new ref; do
  for commit in $(git rev-list $new --not --all); do
    git cat-file commit $commit | grep -q '^gpgsig' || { echo "commit $commit has no signature"; exit 1; }
  done
done
"""


@pytest.fixture
def key(tmp_path) -> Path:
    return make_key(tmp_path / "key")


def make_key(path: Path, passphrase: str = "") -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True)
    return path


@pytest.fixture
def strict(bare):
    """A remote that takes signed commits only."""
    hook = bare / "hooks/pre-receive"
    hook.write_text(UNSIGNED)
    hook.chmod(0o755)
    return bare


def write(repo, run, settings):
    previous = record.read(repo, settings)
    run = replace(run, changed_at=record.changed_at(previous, run))
    return record.write(repo, settings, run, previous, MARKDOWN)


def verified(root: Path, key: Path, ref: str) -> str:
    allowed = root.parent / "allowed"
    allowed.write_text(f"op@example.test {key.with_suffix('.pub').read_text()}")
    return git(root, "-c", f"gpg.ssh.allowedSignersFile={allowed}", "log", "--format=%G?", ref)


def test_commits_of_history_and_pulse_are_signed(repo, root, key):
    settings = HistorySettings(sign=str(key))
    record.check(repo, settings)
    write(repo, recorded(), settings)
    write(repo, recorded(at(1), MORE), settings)
    assert verified(root, key, "drift-state") == "G\nG"
    assert verified(root, key, "drift-pulse") == "G"


@pytest.mark.parametrize("branch", ["drift-state", None])
def test_a_server_that_requires_signatures_takes_them(repo, root, strict, key, branch):
    settings = HistorySettings(branch=branch, push="origin", sign=str(key))
    assert write(repo, recorded(), settings).problems == ()
    assert write(repo, recorded(at(1), MORE), settings).pushed


def test_a_server_that_requires_signatures_is_named_with_what_to_set(repo, strict):
    (problem, *_) = write(repo, recorded(), PUSHED).problems
    assert "refuses the push to drift-state" in problem.what
    assert problem.remedy.startswith("set history.sign to an SSH key that the server knows")


def test_runs_that_waited_unsigned_are_signed_when_they_are_pushed(repo, root, strict, key):
    for hour in (0, 1):
        run, previous = recorded(at(hour), {"1": {"n": hour}}), record.read(repo, PUSHED, fetch=False)
        record.write(repo, PUSHED, run, previous, MARKDOWN)
    settings = PUSHED.model_copy(update={"sign": str(key)})
    written = write(repo, recorded(at(2), MORE), settings)
    assert (written.problems, written.delivered) == ((), 2)
    assert count(strict, "drift-state") == 3
    assert set(verified(root, key, "origin/drift-state").split()) == {"G"}


@pytest.mark.parametrize("what", ["missing", "a folder", "no key", "a passphrase", "open to all"])
def test_a_key_that_cannot_be_used_is_one_line_before_the_site_is_read(repo, root, tmp_path, what):
    key = tmp_path / "key"
    if what == "a folder":
        key.mkdir()
    elif what == "no key":
        key.write_text("x")
    elif what != "missing":
        make_key(key, "secret" if what == "a passphrase" else "").chmod(
            0o644 if what == "open to all" else 0o600
        )
    settings = HistorySettings(sign=str(key))
    for call in (record.check, lambda repo, settings: record.write(repo, settings, recorded(), None, "")):
        with pytest.raises(
            RecordError, match=r"^history\.sign: .*; name the file of an SSH private key"
        ) as caught:
            call(repo, settings)
        assert len(str(caught.value).splitlines()) == 1
        assert "@" not in str(caught.value)
        assert str(key) in str(caught.value)
    assert git(root, "for-each-ref", "refs/heads/drift-state") == ""


@pytest.mark.parametrize("path", ["", "a\0b", "a\nb", "\x1b[31m"])
def test_a_path_that_cannot_be_is_refused_by_the_configuration(path):
    with pytest.raises(ValidationError):
        HistorySettings(sign=path)


@pytest.mark.parametrize("path", ["~nobody-of-that-name/key", "~/key", "-key", "../key", "x" * 5000])
def test_a_path_that_leads_nowhere_is_one_line(repo, path):
    with pytest.raises(RecordError) as caught:
        record.check(repo, HistorySettings(sign=path))
    assert str(caught.value).startswith("history.sign: ")
    assert len(str(caught.value).splitlines()) == 1


def test_reading_needs_no_key(repo, key):
    settings = HistorySettings(sign=str(key))
    write(repo, recorded(), settings)
    key.unlink()
    assert record.read(repo, settings) is not None
    assert record.read_run(repo, settings, "latest")


def test_a_key_beside_the_configuration_is_found_from_the_top_of_the_repository(repo, root, key):
    key.rename(root / "signing-key")
    write(record.open_repository(root / "desired-state"), recorded(), HistorySettings(sign="signing-key"))
    assert "gpgsig" in git(root, "cat-file", "commit", "drift-state")


@pytest.mark.parametrize(
    "configured",
    [
        {"commit.gpgSign": "true", "user.signingKey": "nobody"},
        {"commit.gpgSign": "true", "gpg.program": "/nonexistent/gpg"},
        {"gpg.format": "x509", "commit.gpgSign": "true", "push.gpgSign": "true", "tag.gpgSign": "true"},
    ],
)
@pytest.mark.parametrize("signed", [False, True])
def test_what_a_person_signs_with_does_not_matter(repo, root, bare, key, configured, signed):
    for name, value in configured.items():
        git(root, "config", name, value)
    settings = PUSHED.model_copy(update={"sign": str(key) if signed else None})
    assert write(repo, recorded(), settings).problems == ()
    assert ("gpgsig" in git(root, "cat-file", "commit", "origin/drift-state")) is signed
    assert LOCAL.sign is None
