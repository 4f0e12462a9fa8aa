"""Git objects through git's plumbing: few processes, whatever the number of files."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.record.command import Repository, run
from reconciler.record.partial import is_partial


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file of a tree."""

    mode: str
    id: str


def blob_id(repo: Repository, data: bytes) -> str:
    """Return the id that git gives these bytes, without running git."""
    return hashlib.new(repo.digest, b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()


def tree_id(repo: Repository, blobs: Mapping[str, str]) -> str:
    """Return the id that git gives the tree of these files (path → blob id), without running git."""
    entries: dict[bytes, tuple[bytes, str]] = {}
    folders: dict[str, dict[str, str]] = {}
    for path, blob in blobs.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = blob
        else:
            entries[name.encode()] = (b"100644 %s" % name.encode(), blob)
    for name, inside in folders.items():
        entries[f"{name}/".encode()] = (b"40000 %s" % name.encode(), tree_id(repo, inside))
    data = b"".join(
        b"%s\0%s" % (entry, bytes.fromhex(identity)) for _, (entry, identity) in sorted(entries.items())
    )
    return hashlib.new(repo.digest, b"tree %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()


def list_tree(repo: Repository, tree: str, prefix: str) -> dict[str, TreeEntry]:
    """Return all files of a commit or tree, or those below `prefix` (with its final slash): path → entry."""
    below = ("--", prefix) if prefix else ()
    output = run(repo, "ls-tree", "-r", "-z", tree, *below).decode("utf-8", "surrogateescape")
    entries = {}
    for line in output.split("\0")[:-1]:
        facts, _, path = line.partition("\t")
        mode, _, identity = facts.split(" ")
        entries[path] = TreeEntry(mode, identity)
    return entries


def read_blobs(repo: Repository, names: Sequence[str]) -> list[bytes | None]:
    """Return the contents of objects, by id or `commit:path`, with one process; None for a missing one."""
    if not names:
        return []
    output = run(repo, "cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
    blobs: list[bytes | None] = []
    at = 0
    for _ in names:
        end = output.index(b"\n", at)
        header = output[at:end].rsplit(b" ", 2)
        at = end + 1
        if header[-1] == b"missing" or not header[-1].isdigit():
            blobs.append(None)
            continue
        size = int(header[-1])
        blobs.append(output[at : at + size])
        at += size + 1
    return blobs


def store_blobs(repo: Repository, blobs: Iterable[bytes], scratch: Path) -> list[str]:
    """Store contents byte for byte (no filters), with one process; return their ids."""
    paths = []
    for number, data in enumerate(blobs):
        path = scratch / f"blob-{number}"
        path.write_bytes(data)
        paths.append(path)
    names = "".join(f"{path}\n" for path in paths).encode()
    return run(repo, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names).decode().split()


def make_tree(repo: Repository, base: str | None, changes: Mapping[str, str | None], scratch: Path) -> str:
    """Return the tree of `base` with changed files: path → blob id, None to remove it. Uses its own index.

    Not `git mktree`: it reads no configuration, and so its objects do not reach the disk before it ends.
    """
    path = scratch / "index"
    path.unlink(missing_ok=True)
    index = {"GIT_INDEX_FILE": str(path)}
    if base is not None:
        run(repo, "read-tree", base, environment=index)
    nothing = "0" * hashlib.new(repo.digest, usedforsecurity=False).digest_size * 2
    lines = "".join(
        f"0 {nothing}\t{name}\0" if blob is None else f"100644 {blob}\t{name}\0"
        for name, blob in changes.items()
    )
    run(
        repo,
        *("update-index", "-z", "--index-info"),
        stdin=lines.encode("utf-8", "surrogateescape"),
        environment=index,
    )
    known = ("--missing-ok",) if is_partial(repo) else ()
    return run(repo, "write-tree", *known, environment=index).decode().strip()
