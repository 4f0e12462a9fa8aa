"""The desired state of a commit, a branch or a tag: read with git, so that the work tree stays as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.config.file import Config
from reconciler.desired.directory import MAX_FILES, MAX_TOTAL
from reconciler.desired.load import passed_over
from reconciler.errors import DesiredStateError, Problem, RecordError
from reconciler.text import printable, visible
from reconciler.yamlfile.syntax import MAX_BYTES

if TYPE_CHECKING:
    from reconciler.record import Repository
    from reconciler.record.queries import CommittedFile

_LFS = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class DesiredTree:
    """The files of the desired state in a commit."""

    commit: str
    tree: str
    """The git tree id."""
    files: dict[str, bytes]
    """Path below the folder → content."""


def desired_at(config: Config, ref: str) -> DesiredTree:
    """Return the desired state of a git ref.

    Raises `RecordError` if there is no such ref, and `DesiredStateError` with every file that cannot be used.
    """
    from reconciler import record

    repository = record.open_repository(config.root, secrets=config.secret_variables)
    commit = commit_named(repository, ref)
    return desired_in(config, repository, commit, commit, ref)


def desired_in(config: Config, repository: "Repository", commit: str, tree: str, name: str) -> DesiredTree:
    """Return the desired state in the tree of a commit, or in another tree made of it; `name` is for people.

    Raises `DesiredStateError` with every file that cannot be used.
    """
    from reconciler.record import queries

    directory = config.desired_directory.resolve().relative_to(repository.root.resolve()).as_posix()
    folder = queries.committed_folder(repository, tree, directory)
    if folder.tree is None:
        what = "is not a folder" if not folder.is_folder else "does not exist"
        problem = Problem(f"{visible(name, 100)}:{directory}", what, "name a ref that has the desired state")
        raise DesiredStateError(problem)
    wanted = tuple(file for file in folder.files if not passed_over(file.path))
    found = [*_problems(wanted, directory), *_too_much(wanted, directory)]
    if found:
        raise DesiredStateError(found)
    files = queries.contents(repository, wanted)
    found = [_lfs(f"{directory}/{path}") for path, data in files.items() if data.startswith(_LFS)]
    if found:
        raise DesiredStateError(found)
    return DesiredTree(commit, folder.tree, files)


def commit_named(repository: "Repository", ref: str) -> str:
    """Return the commit that a branch, a tag or an id leads to; raises `RecordError` if there is none."""
    from reconciler.record import queries

    try:
        return queries.commit_of(repository, ref)
    except RecordError:
        what = "is neither a branch, nor a tag, nor a commit of this repository"
        raise RecordError(Problem(visible(ref, 100), what, "fetch it, or name another")) from None


def _problems(files: "tuple[CommittedFile, ...]", directory: str) -> Iterator[Problem]:
    for file in files:
        path = printable(f"{directory}/{file.path}")
        if file.mode == "160000":
            yield Problem(path, "is a submodule", "move its files into this repository")
        elif file.mode == "120000":
            yield Problem(path, "is a symbolic link", "replace it with the file itself")
        elif not file.path.isprintable():
            yield Problem(path, "has a name with unprintable characters", "rename it")
        elif file.size > MAX_BYTES:
            yield Problem(path, f"is larger than {MAX_BYTES // 2**20} MiB", "split it")


def _too_much(files: "tuple[CommittedFile, ...]", directory: str) -> Iterator[Problem]:
    if len(files) > MAX_FILES:
        yield Problem(directory, f"has more than {MAX_FILES:,} files", "put several resources into one file")
    if sum(file.size for file in files) > MAX_TOTAL:
        yield Problem(directory, f"has more than {MAX_TOTAL // 2**20} MiB", "declare less")


def _lfs(path: str) -> Problem:
    what = "is a Git LFS pointer: its content is not in git"
    return Problem(printable(path), what, "keep desired state out of Git LFS (.gitattributes)")
