"""New files for a site: those that come with this package, and writing all or none of them."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.errors import Problem, ReconcilerError

_HERE = Path(__file__).parent
_PACKAGED = _HERE / "site_files"
_LIST = _HERE / "site_files.txt"


def packaged_files() -> dict[str, bytes]:
    """Return the workflows and the configurations of web servers: path in a site's repository → content.

    A wheel has copies of them; in a checkout they are where the repository itself uses them.
    """
    top = _PACKAGED if _PACKAGED.is_dir() else _HERE.parent.parent
    globs = _LIST.read_text(encoding="utf-8").split()
    found = sorted(path for glob in globs for path in top.glob(glob) if path.is_file())
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in found}


def obstacles(root: Path, paths: Mapping[str, object]) -> Iterator[Problem]:
    """Yield what stands where a folder of a new file has to be."""
    folders = {parent for path in paths for parent in (root / path).parents if parent.is_relative_to(root)}
    for folder in sorted(folders - {root}):
        if folder.is_symlink():
            what = "is a symbolic link, and files are written only into this repository"
            yield Problem(folder.relative_to(root).as_posix(), what, "replace it with a folder")
        elif folder.exists() and not folder.is_dir():
            yield Problem(folder.relative_to(root).as_posix(), "is not a folder", "move it away")
    if not os.access(root, os.W_OK | os.X_OK):
        yield Problem(str(root), "cannot be written to", "give this user write access, or use another folder")


@contextmanager
def written(root: Path, contents: Mapping[str, bytes]) -> Iterator[None]:
    """Write files that do not exist yet; if one fails, or the block does, all are removed again.

    Raises `ReconcilerError` for a file that cannot be written.
    """
    made: list[Path] = []
    try:
        for path, content in contents.items():
            _write(root, root / path, content, made)
        yield
    except BaseException:
        for entry in reversed(made):
            with suppress(OSError):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        raise


def _write(root: Path, file: Path, content: bytes, made: list[Path]) -> None:
    """Write one file, and note each folder and file that is made."""
    try:
        for folder in [*reversed(file.parents[: len(file.relative_to(root).parts) - 1])]:
            if not folder.is_dir():
                folder.mkdir()
                made.append(folder)
        with file.open("xb") as opened:
            made.append(file)
            opened.write(content)
    except OSError as error:
        name = file.relative_to(root).as_posix()
        what = f"cannot be written: {error.strerror or error}; nothing was written"
        raise ReconcilerError(Problem(name, what, "fix that, then run again")) from error
