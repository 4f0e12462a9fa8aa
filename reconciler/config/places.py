"""Folders that may be written to: not git's, the top, desired state, configuration, or each other.

Folders are compared as they are on disk: through symbolic links, `..`, other spellings and bind mounts.
"""

import os
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.config.settings import FileSettings

_IGNORED_BY_HFS = frozenset("\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff") | frozenset(
    map(chr, range(0x206A, 0x2070))
)


def conflicts(settings: FileSettings, file: Path, root: Path) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the path of each `directory` in the file that cannot be used, and why."""
    history = root / settings.history.directory
    others = {**kept(settings, file, root)}
    why = why_not(history, root, others)
    if why is not None:
        yield ("history", "directory"), f"{why}; choose another folder, such as reports"
    else:
        others["history.directory"] = history
    why = why_not(root / settings.publish.directory, root, others)
    if why is not None:
        yield ("publish", "directory"), f"{why}; choose another folder, such as public"


def kept(settings: FileSettings, file: Path, root: Path) -> Mapping[str, Path]:
    """Return the folders that people write, by what they are; nothing else may be written there."""
    found = {"desired_state": root / settings.desired_state}
    configuration = file.absolute().parent
    if not _same(configuration, root):
        found["the folder of the configuration"] = configuration
    return found


def why_not(directory: Path, root: Path, others: Mapping[str, Path]) -> str | None:
    """Return why a folder cannot be written to; None if it can."""
    if any(unicodedata.category(character) == "Cc" for character in str(directory)):
        return "contains a control character"
    if _lies_in_git(directory, root):
        return "lies in a folder where git keeps its own files"
    if _contains(directory, root):
        return "is or contains the top of the repository"
    if any(_contains(directory, own) for own in _git_folders(root)):
        return "contains the folder where git keeps its own files"
    for name, other in others.items():
        if _contains(directory, other):
            return f"is or contains {name}"
        if _contains(other, directory):
            return f"lies in {name}"
    return None


def _lies_in_git(directory: Path, root: Path) -> bool:
    real, top = _real(directory), _real(root)
    names = real.relative_to(top).parts if real.is_relative_to(top) else real.parts
    if any(_is_git_name(name) for name in names):
        return True
    return any(_is_git_folder(folder) for folder in (real, *real.parents))


def _is_git_name(name: str) -> bool:
    """Whether some file system takes a name for `.git`, as git itself checks names."""
    visible = "".join(character for character in name if character not in _IGNORED_BY_HFS)
    return visible.casefold().partition(":")[0].rstrip(". ") in {".git", "git~1"}


def _is_git_folder(folder: Path) -> bool:
    """Whether it is laid out as git's own folder, whatever its name: bare, separate, or of a worktree."""
    if not (folder / "HEAD").is_file():
        return False
    return (folder / "commondir").is_file() or ((folder / "objects").is_dir() and (folder / "refs").is_dir())


def _git_folders(root: Path) -> Iterator[Path]:
    """Yield git's own folders of a work tree; for a linked one, that of the repository as well."""
    own = root / ".git"
    try:
        if own.is_file():
            own = root / own.read_text().removeprefix("gitdir:").strip()
            yield own
            own = own / (own / "commondir").read_text().strip()
    except (OSError, ValueError):
        return
    yield own


def _contains(outer: Path, inner: Path) -> bool:
    """Whether `inner` is `outer`, or lies in it."""
    parts, of = _spelt(inner), _spelt(outer)
    return parts[: len(of)] == of or any(_same(outer, each) for each in (inner, *_real(inner).parents))


def _spelt(path: Path) -> tuple[str, ...]:
    """Return the parts of a path as file systems that ignore case and composition compare them."""
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in _real(path).parts)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
