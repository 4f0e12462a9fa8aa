"""Signed commits: with the SSH key of `history.sign`, for servers that refuse others."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Problem, RecordError
from reconciler.record.command import GitError, Repository, one_line, run
from reconciler.record.objects import read_blobs

_REMEDY = "name the file of an SSH private key without a passphrase, which only this user can read"
_NOISE = re.compile(r"(?<!\S)@+(?!\w)|\?$", re.MULTILINE)
QUIET = {"SSH_ASKPASS_REQUIRE": "never"}
"""In the environment of a git that signs: it fails where a key has a passphrase, and asks no one."""
_SIGNATURE = b"\ngpgsig"


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that commits are signed with."""

    key: Path

    @property
    def options(self) -> tuple[str, ...]:
        """The options of git that choose the key, whatever its configuration has."""
        chosen = ("gpg.format=ssh", "gpg.ssh.program=ssh-keygen", f"user.signingKey={self.key}")
        return tuple(word for option in chosen for word in ("-c", option))


def signer(repo: Repository, sign: str | None) -> Signer | None:
    """Return the signer of `history.sign`; raises `RecordError` if its key is not a file."""
    if sign is None:
        return None
    try:
        key = repo.root / Path(sign).expanduser()
        found = key.is_file()
    except (OSError, RuntimeError) as error:  # too long a path; no home directory
        raise RecordError(Problem("history.sign", f"{sign[:100]} is not a file", _REMEDY)) from error
    if not found:
        raise RecordError(Problem("history.sign", f"{key} is not a file", _REMEDY))
    return Signer(key)


def check(repo: Repository, by: Signer | None) -> None:
    """Raise `RecordError` if a commit could not be signed; makes one that is thrown away."""
    if by is None:
        return
    person = {
        f"GIT_{role}_{part}": "reconciler" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
    }
    with tempfile.TemporaryDirectory(prefix="reconciler-") as scratch:
        place = {**person, **QUIET, "GIT_OBJECT_DIRECTORY": scratch, "GIT_INDEX_FILE": f"{scratch}/index"}
        tree = run(repo, "write-tree", environment=place).decode().strip()
        try:
            run(repo, *by.options, "commit-tree", "-S", "-m", "try", tree, environment=place)
        except GitError as error:
            raise refused(by, error) from error


def refused(by: Signer, error: GitError) -> RecordError:
    """Return the error for a commit that could not be signed."""
    what = one_line(_NOISE.sub("", error.text)).removeprefix("error: ")[:200] or error.problems[0].what
    if "cannot run ssh-keygen" in what:
        return RecordError(
            Problem("history.sign", "ssh-keygen was not found", "apt-get install openssh-client")
        )
    return RecordError(Problem("history.sign", f"{by.key} cannot sign a commit: {what}", _REMEDY))


def all_signed(repo: Repository, commits: list[str]) -> bool:
    """Return whether every one of these commits has a signature."""
    contents = read_blobs(repo, commits)
    return all(data is not None and _SIGNATURE in data.partition(b"\n\n")[0] for data in contents)
