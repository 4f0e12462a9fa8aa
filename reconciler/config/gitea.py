"""How the Gitea or Forgejo that holds the repository is asked: under `gitea:`."""

from typing import Annotated

from pydantic import Field, StringConstraints

from reconciler.config.addresses import WebAddress
from reconciler.config.secret import Secret
from reconciler.config.trust import ServerTrust


class GiteaSettings(ServerTrust):
    """The code host: for the comment on a pull request, commit statuses, the issue, and `doctor`."""

    repository: Annotated[
        WebAddress | None,
        Field(
            description="Web address of the repository; null: `publish.repository`, else the repository of "
            "the running workflow (`GITHUB_SERVER_URL`, `GITHUB_REPOSITORY`)"
        ),
    ] = None
    issue: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$"),
        Field(
            description="Title of an issue that `run` maintains: it lists open findings, and is closed while "
            "there are none; null: no issue"
        ),
    ] = None
    token: Annotated[
        Secret, Field(description="Reference to the access token; a workflow passes its job token")
    ] = Secret("GITEA_TOKEN")
