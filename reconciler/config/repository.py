"""Where the repository of a site starts, and symbolic links on the way into it."""

from pathlib import Path


def repository_root(path: Path) -> Path:
    """The nearest directory above `path` that is the top of a git work tree, else the one above `config/`."""
    path = path.resolve()
    for directory in path.parents:
        if (directory / ".git").exists():
            return directory
    return path.parent.parent if path.parent.name == "config" else path.parent


def link_within(path: Path) -> Path | None:
    """The first symbolic link on the way from the top of the git work tree that a path is in; None is good.

    Outside a work tree, only the path itself is checked.
    """
    above = (folder for folder in path.parents if (folder / ".git").exists())
    top = next(above, path.parent)
    for part in path.relative_to(top).parts:
        top /= part
        if top.is_symlink():
            return top
    return None
