"""The meaning of each answer of Gitea that has failed, with the right that a token lacks named."""

import re
from collections.abc import Mapping

from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.http.response import Response
from reconciler.errors import Cause, Problem, ReconcilerError
from reconciler.text import clean, counted

_SCOPE = re.compile(r"required[^\[]*\[([a-z:, ]{1,100})\]")
"""Of `token does not have at least one of required scope(s), required=[write:issue], …`."""


class GiteaError(ReconcilerError):
    """Gitea did not do what was asked; `status` is None where no answer came."""

    def __init__(self, problem: Problem, status: int | None = None, *, lacks_scope: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = status
        self.lacks_scope = lacks_scope
        """Whether Gitea names a scope that the token does not have: it is a person's, not a workflow's."""


def refusal(host: str, doing: str, scope: str, response: Response) -> GiteaError:
    """Return the error of an answer with status 3xx, 4xx or 5xx.

    `doing` is a phrase such as `read the comments`; `scope` is the one that a token needs for it.
    """
    message = message_of(response)
    what, remedy, cause = _meaning(response, scope, message)
    said = f" ({message})" if message else ""
    problem = Problem(host, f"cannot {doing}: {what}{said}", remedy, cause)
    return GiteaError(problem, response.status, lacks_scope=_SCOPE.search(message) is not None)


def message_of(response: Response) -> str:
    """Return the `message` of an answer, as untrusted text of one line; empty where it has none."""
    try:
        value = response.json()
    except BadAnswerError:
        return ""
    message = value.get("message") if isinstance(value, dict) else None
    return clean(message)[:200] if isinstance(message, str) else ""


def _meaning(response: Response, scope: str, message: str) -> tuple[str, str, Cause]:
    status = response.status
    if status == 401:
        return (
            "401, the token is not accepted",
            "make a new token, or in a workflow pass on the one of its job",
            "login-refused",
        )
    if status == 403:
        named = _SCOPE.search(message)
        needed = named[1] if named else scope
        remedy = f"give it the scope {needed}; in a workflow, the right in `permissions:`"
        return "403, the token may not", remedy, "token-lacks-right"
    if (target := response.redirect_target) is not None:
        return (
            f"{status}, it is now at {clean(target)[:200]}",
            "set gitea.repository to that",
            "misconfigured",
        )
    return _OTHERS.get(status, (f"{status}", "check Gitea's log", "request-failed"))


_OTHERS: Mapping[int, tuple[str, str, Cause]] = {
    404: (
        "404, it does not exist, or the token may not see it",
        "check the address of the repository, and that the token's account may read it",
        "not-supported",
    ),
    405: ("405, this Gitea version does not support it", "use Gitea 1.22 or later", "not-supported"),
    409: ("409, it was changed in the meantime", "run it again", "changed-while-reading"),
    412: ("412, it was changed in the meantime", "run it again", "changed-while-reading"),
    413: ("413, it is too large", "raise the limit of the proxy before Gitea", "request-failed"),
    422: ("422, Gitea rejects the request as invalid", "report this as a bug of reconciler", "bad-answer"),
    423: ("423, the repository or the conversation is locked", "unlock or unarchive it", "request-failed"),
    429: ("429, too many requests", "run it later, or raise the limit of the proxy", "request-failed"),
}


def too_many(host: str, doing: str, most: int) -> GiteaError:
    """Return the error of a list that does not end."""
    what = f"cannot {doing}: the list does not end after {counted(most, 'page')}"
    return GiteaError(Problem(host, what, "report this as a bug of reconciler", "bad-answer"))
