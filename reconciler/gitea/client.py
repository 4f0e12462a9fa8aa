"""The API of Gitea and Forgejo, as far as reviews, commit statuses, the issue and `doctor` need it.

Paths and shapes are those of the OpenAPI document that each server has at `/swagger.v1.json`. The comments of
an issue come in one piece; pull requests, issues and runs come in pages.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from reconciler import files
from reconciler.collectors.http import tls_context
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse
from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.http.response import Response
from reconciler.collectors.http.sending import Method, SendingClient
from reconciler.collectors.http.untrusted import Remedies
from reconciler.config.trust import ServerTrust
from reconciler.errors import Problem
from reconciler.gitea.answers import (
    Comment,
    Issue,
    LineComment,
    PullRequest,
    RepositoryAnswer,
    State,
    User,
    WorkflowRun,
)
from reconciler.gitea.errors import GiteaError, refusal, too_many
from reconciler.gitea.place import HostedPlace

REMEDIES = Remedies(
    ca_file="set gitea.ca_file to the CA's certificate",
    fingerprint="the certificate on the server of Gitea",
    renew="renew the certificate of Gitea",
)
_PAGE = 50
"""Rows of a page: what Gitea gives at most by default (`[api] MAX_RESPONSE_ITEMS`)."""
_MOST_PAGES = 200
_UNREACHABLE = "check the address, and that this machine may connect to it"

_Answered = TypeVar("_Answered")


class Gitea:
    """One repository on a server. Close it, or use it in `with`. Every method raises `GiteaError`."""

    def __init__(self, place: HostedPlace, token: str, trust: ServerTrust, root: Path) -> None:
        self._place = place
        context = tls_context.choose(
            ca_file=trust.ca_file,
            fingerprints=trust.fingerprint,
            verify_tls=trust.verify_tls,
            root=root,
            remedies=REMEDIES,
        )
        self._client = SendingClient(place.server, context, trust.timeout, REMEDIES)
        self._client.send_always("Authorization", f"token {token}")
        self.host = self._client.host
        """Host and port, as messages name it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get_version(self) -> str:
        """Return the version, such as `1.24.3` or `16.0.1+gitea-1.22.0`."""
        response = self._ask("GET", f"{self._place.api}/version", "read the version", "")
        value = self._parse(dict[str, Any], response, "read the version")
        return str(value.get("version", ""))

    def get_user(self) -> User | None:
        """Return the account of the token; None where that of a workflow may not see its own."""
        path = f"{self._place.api}/user"
        try:
            response = self._ask("GET", path, "read the token's account", "read:user")
        except GiteaError as error:
            if error.status in {401, 403, 404} and not error.lacks_scope:
                return None
            raise
        return self._parse(User, response, "read the token's account")

    def get_repository(self) -> RepositoryAnswer:
        """Return the repository, with what the token may do in it."""
        doing = "read the repository"
        response = self._ask("GET", self._place.repository, doing, "read:repository")
        return self._parse(RepositoryAnswer, response, doing)

    def get_pull_request(self, number: int) -> PullRequest:
        """Return a pull request."""
        doing = f"read pull request {number}"
        response = self._ask("GET", self._of_repository("pulls", number), doing, "read:repository")
        return self._parse(PullRequest, response, doing)

    def list_open_pull_requests(self) -> list[PullRequest]:
        """Return all open pull requests."""
        path, doing = self._of_repository("pulls"), "read the open pull requests"
        return [*self._pages(PullRequest, path, {"state": "open"}, doing, "read:repository")]

    def list_comments(self, number: int) -> list[Comment]:
        """Return all comments on an issue or a pull request, oldest first."""
        doing = f"read the comments of {number}"
        response = self._ask("GET", self._of_repository("issues", number, "comments"), doing, "read:issue")
        return self._parse(list[Comment], response, doing)

    def add_comment(self, number: int, body: str) -> Comment:
        """Comment on an issue or a pull request."""
        path, doing = self._of_repository("issues", number, "comments"), f"comment on {number}"
        return self._parse(Comment, self._ask("POST", path, doing, "write:issue", {"body": body}), doing)

    def edit_comment(self, identity: int, body: str) -> None:
        """Replace the text of a comment."""
        path = self._of_repository("issues", "comments", identity)
        self._ask("PATCH", path, f"edit comment {identity}", "write:issue", {"body": body})

    def delete_comment(self, identity: int) -> None:
        """Delete a comment; one that is already gone is ignored."""
        path = self._of_repository("issues", "comments", identity)
        try:
            self._ask("DELETE", path, f"delete comment {identity}", "write:issue")
        except GiteaError as error:
            if error.status != 404:
                raise

    def set_status(self, commit: str, context: str, state: State, description: str, url: str = "") -> None:
        """Set the status of a commit under `context`, which replaces an earlier one."""
        value = {"context": context, "state": state, "description": description, "target_url": url}
        path = self._of_repository("statuses", commit)
        self._ask("POST", path, f"set the status of {commit[:9]}", "write:repository", value)

    def comment_on_lines(self, number: int, commit: str, body: str, comments: list[LineComment]) -> None:
        """Comment on lines of a pull request, in one review that neither approves nor rejects."""
        value = {
            "event": "COMMENT",
            "body": body,
            "commit_id": commit,
            "comments": [
                {"path": each.path, "new_position": each.line, "body": each.body} for each in comments
            ],
        }
        path, doing = self._of_repository("pulls", number, "reviews"), f"comment on lines of {number}"
        self._ask("POST", path, doing, "write:repository", value)

    def list_issues(
        self, state: Literal["open", "closed", "all"] = "open", created_by: str | None = None
    ) -> list[Issue]:
        """Return the issues, without pull requests; `created_by` is the login of an account."""
        path, doing = self._of_repository("issues"), "read the issues"
        params = {"state": state, "type": "issues", **({"created_by": created_by} if created_by else {})}
        return [*self._pages(Issue, path, params, doing, "read:issue")]

    def add_issue(self, title: str, body: str) -> Issue:
        """Open an issue."""
        path, doing = self._of_repository("issues"), "open an issue"
        answer = self._ask("POST", path, doing, "write:issue", {"title": title, "body": body})
        return self._parse(Issue, answer, doing)

    def edit_issue(self, number: int, **changes: str) -> None:
        """Change `title`, `body` or `state` (`open`, `closed`) of an issue."""
        path = self._of_repository("issues", number)
        self._ask("PATCH", path, f"edit issue {number}", "write:issue", changes)

    def list_scheduled_runs(self) -> list[WorkflowRun] | None:
        """Return the newest runs that a schedule began, newest first; None where runs are not shown.

        Gitea is asked for them; the answer of Forgejo to that lacks those of a schedule that a person's push
        registered, so they are also taken from the newest runs of any kind.
        """
        asked = self._runs({"event": "schedule"})
        newest = self._runs({})
        if asked is None or newest is None:
            return None
        found = {run.id: run for run in (*asked, *(run for run in newest if run.event == "schedule"))}
        return [found[identity] for identity in sorted(found, reverse=True)]

    def _runs(self, params: Mapping[str, str | int]) -> list[WorkflowRun] | None:
        path, doing = self._of_repository("actions", "runs"), "read the runs of workflows"
        try:
            response = self._ask("GET", path, doing, "read:repository", params={**params, "limit": _PAGE})
        except GiteaError as error:
            if error.status in {404, 405}:
                return None
            raise
        value = self._parse(dict[str, Any], response, doing)
        rows = value.get("workflow_runs", "is missing")
        return self._checked(list[WorkflowRun], [] if rows is None else rows, doing)

    def _of_repository(self, *parts: str | int) -> str:
        return "/".join([self._place.repository, *(str(part) for part in parts)])

    def _pages(
        self, model: type[_Answered], path: str, params: Mapping[str, str], doing: str, scope: str
    ) -> Iterator[_Answered]:
        """Yield the rows of all pages; a page that is not full is not the last one on a server with less."""
        for page in range(1, _MOST_PAGES + 1):
            paged: dict[str, str | int] = {**params, "page": page, "limit": _PAGE}
            response = self._ask("GET", path, doing, scope, params=paged)
            rows = self._parse(list[model], response, doing)  # type: ignore[valid-type]
            yield from rows
            if not rows:
                return
        raise too_many(self.host, doing, _MOST_PAGES)

    def _ask(
        self,
        method: Literal["GET"] | Method,
        path: str,
        doing: str,
        scope: str,
        value: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str | int] | None = None,
    ) -> Response:
        try:
            if method == "GET":
                response = self._client.get(path, params)
            else:
                body = b"" if value is None else files.compact(value)
                response = self._client.send(method, path, body)
        except HostUnreachable as error:
            remedy = error.problem.remedy or _UNREACHABLE
            what = f"cannot {doing}: {error.problem.what}"
            raise GiteaError(Problem(self.host, what, remedy, error.problem.cause)) from None
        except (IncompleteResponse, BadAnswerError) as error:
            cause = error.cause if isinstance(error, IncompleteResponse) else "bad-answer"
            what = f"cannot {doing}: {error}"
            raise GiteaError(Problem(self.host, what, "check Gitea's log", cause)) from None
        if response.status >= 300:
            raise refusal(self.host, doing, scope, response)
        return response

    def _parse(self, model: type[_Answered], response: Response, doing: str) -> _Answered:
        try:
            value = response.json()
        except BadAnswerError as error:
            raise self._not_as_documented(doing, str(error)) from None
        return self._checked(model, value, doing)

    def _checked(self, model: type[_Answered], value: object, doing: str) -> _Answered:
        try:
            return TypeAdapter(model).validate_python(value)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise self._not_as_documented(doing, f"{where}: {first['msg']}") from None

    def _not_as_documented(self, doing: str, why: str) -> GiteaError:
        what = f"cannot {doing}: the answer is not as documented ({why})"
        remedy = "check that gitea.repository is the address of a Gitea or Forgejo"
        return GiteaError(Problem(self.host, what, remedy, "bad-answer"))
