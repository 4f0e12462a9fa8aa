"""The top of a site's repository, and symbolic links on a path inside it."""

from pathlib import Path


def repository_root(path: Path) -> Path:
    """Return the nearest git work tree that contains `path`, else the directory above `config/`."""
    path = path.resolve()
    for directory in path.parents:
        if (directory / ".git").exists():
            return directory
    return path.parent.parent if path.parent.name == "config" else path.parent


def link_within(path: Path) -> Path | None:
    """Return the first symbolic link on a path below the top of its git work tree; None if there is none.

    Outside a work tree, only the path itself is checked.
    """
    above = (folder for folder in path.parents if (folder / ".git").exists())
    top = next(above, path.parent)
    for part in path.relative_to(top).parts:
        top /= part
        if top.is_symlink():
            return top
    return None
