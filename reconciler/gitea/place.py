"""Which repository on which code host: from the configuration, or from the workflow that runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from reconciler.config.addresses import web_address
from reconciler.config.settings import FileSettings
from reconciler.errors import ConfigError, Problem

_SERVER, _REPOSITORY = "GITHUB_SERVER_URL", "GITHUB_REPOSITORY"
"""Set by the runners of Gitea and Forgejo, which keep the names of GitHub Actions."""


@dataclass(frozen=True, slots=True)
class HostedPlace:
    """A repository on a Gitea or Forgejo."""

    server: str
    """Scheme, host and port."""
    prefix: str
    """The path below which the whole host is served: empty, or `/git`."""
    owner: str
    name: str

    @property
    def api(self) -> str:
        """The path of the API."""
        return f"{self.prefix}/api/v1"

    @property
    def repository(self) -> str:
        """The path of everything that the API has of this repository."""
        return f"{self.api}/repos/{self.owner}/{self.name}"


def place_of(settings: FileSettings, environment: Mapping[str, str]) -> HostedPlace:
    """Return the repository; raises `ConfigError` where neither settings nor a workflow name one."""
    given = settings.gitea.repository or _of_workflow(environment) or settings.publish.repository
    if given is None:
        what = "names no repository, and this does not run in a workflow"
        remedy = "set it to the address of the repository, as in https://gitea.lan/ops/site"
        raise ConfigError(Problem("gitea.repository", what, remedy))
    parts = urlsplit(given)
    *prefix, owner, name = [part for part in parts.path.split("/") if part]
    return HostedPlace(
        f"{parts.scheme}://{parts.netloc}", "".join(f"/{part}" for part in prefix), owner, name
    )


def _of_workflow(environment: Mapping[str, str]) -> str | None:
    server, repository = environment.get(_SERVER, ""), environment.get(_REPOSITORY, "")
    if not server or not repository:
        return None
    try:
        address = web_address(f"{server.rstrip('/')}/{repository}")
    except ValueError:
        address = ""
    if urlsplit(address).path.count("/") < 2:
        what = f"{_SERVER} and {_REPOSITORY} do not make the address of a repository"
        raise ConfigError(Problem("the environment", what, "set gitea.repository in config/reconciler.yaml"))
    return address
