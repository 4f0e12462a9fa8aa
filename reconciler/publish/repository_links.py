"""Links into the web pages of the repository (Gitea, Forgejo): a line, the history of a file, its editor.

Every link is None while `publish.repository` is not configured. An edit ends as a commit or a pull request
in the repository: nothing of it goes through this program.
"""

from dataclasses import dataclass
from urllib.parse import quote

from reconciler.model.snapshot import Run
from reconciler.model.web_repository import WebRepository


@dataclass(frozen=True, slots=True)
class RepositoryLinks:
    """The links of one run."""

    repository: WebRepository | None = None
    commit: str | None = None
    """The commit whose desired state the run compared with; None for one with uncommitted edits."""

    def line(self, where: str | None) -> str | None:
        """Return the link to a `file:line` as the run read it; None where no commit has it."""
        file, _, line = (where or "").rpartition(":")
        if self.repository is None or self.commit is None or not file or not line.isdecimal():
            return None
        return f"{self.repository.address}/src/commit/{quote(self.commit, safe='')}/{_path(file)}#L{line}"

    def history(self, where: str | None) -> str | None:
        """Return the link to the commits that changed a file, from its path or a `file:line` in it."""
        return self._on_branch("commits/branch", _file(where))

    def edit(self, where: str | None) -> str | None:
        """Return the link to the editor of a file, from its path or a `file:line` in it."""
        return self._on_branch("_edit", _file(where))

    def edit_kind(self, source: str, kind: str) -> str | None:
        """Return the link to the editor of what declares a kind: `site` and `cable`, `site` and `address`.

        Of several files it is the first; where none exists yet, it is the page that makes one.
        """
        if self.repository is None:
            return None
        files = self.repository.files.get(f"{source}/{kind}")
        if files:
            return self.edit(files[0])
        return self._on_branch("_new", f"{self.repository.directory}/{source}")

    def _on_branch(self, page: str, path: str | None) -> str | None:
        if self.repository is None or not path:
            return None
        return f"{self.repository.address}/{page}/{quote(self.repository.branch, safe='/')}/{_path(path)}"


NO_REPOSITORY = RepositoryLinks()


def links_of(run: Run) -> RepositoryLinks:
    """Return the links that a run knows."""
    return RepositoryLinks(run.repository, run.desired_commit)


def _file(where: str | None) -> str | None:
    """Return the file of `file` or `file:line`."""
    file, _, line = (where or "").rpartition(":")
    return file if file and line.isdecimal() else where


def _path(path: str) -> str:
    return quote(path, safe="/", errors="surrogatepass")
