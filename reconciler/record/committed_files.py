"""The files of a folder as a commit has them, without a checkout."""

from dataclasses import dataclass

from reconciler.record.command import Repository, run
from reconciler.record.objects import read_blobs


@dataclass(frozen=True, slots=True)
class CommittedFile:
    """An entry of a commit's tree."""

    path: str
    """Below the folder."""
    mode: str
    """As git writes it: 100644 a file, 120000 a symbolic link, 160000 a submodule."""
    id: str
    size: int
    """Bytes; 0 of what is not a file."""

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode in {"100644", "100755"}


@dataclass(frozen=True, slots=True)
class CommittedFolder:
    """A folder in a commit."""

    commit: str
    tree: str | None
    """The git tree id; None if the commit has no such folder."""
    files: tuple[CommittedFile, ...] = ()
    is_folder: bool = True
    """False where the commit has something else at that path."""


def committed_folder(repo: Repository, commit: str, directory: str) -> CommittedFolder:
    """Return the entries of a folder at any depth; raises `GitError` where git cannot read them."""
    output = run(repo, "ls-tree", "-z", commit, "--", directory).decode("utf-8", "surrogateescape")
    if not output:
        return CommittedFolder(commit, None)
    facts = output.partition("\t")[0].split(" ")
    if facts[1] != "tree":
        return CommittedFolder(commit, None, is_folder=False)
    return CommittedFolder(commit, facts[2], _files(repo, "-r", facts[2]))


def committed_file(repo: Repository, commit: str, path: str) -> CommittedFile | None:
    """Return one entry of a commit or a tree, whatever it is; None if there is none at that path."""
    return next(iter(_files(repo, commit, "--", path)), None)


def _files(repo: Repository, *arguments: str) -> tuple[CommittedFile, ...]:
    listed = run(repo, "ls-tree", "-l", "-z", *arguments).decode("utf-8", "surrogateescape")
    files = []
    for line in listed.split("\0")[:-1]:
        head, _, path = line.partition("\t")
        mode, _, identity, size = head.split()
        files.append(CommittedFile(path, mode, identity, int(size) if size.isdecimal() else 0))
    return tuple(files)


def contents(repo: Repository, files: tuple[CommittedFile, ...]) -> dict[str, bytes]:
    """Return path → content of regular files, byte for byte: no filter of git changes them."""
    found = read_blobs(repo, [file.id for file in files])
    return {file.path: data or b"" for file, data in zip(files, found, strict=True)}
