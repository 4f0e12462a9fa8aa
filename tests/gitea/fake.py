"""A Gitea on loopback that remembers: one repository with pull requests, comments, statuses, issues, runs.

Its answers have the shapes of the OpenAPI document; a strict generated client reads them in
`test_oracle.py`. Tokens are by name: `job` is that of a workflow, `fork` that of a fork's workflow.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reconciler.lab.tls import make_tls

NOW = "2026-11-23T21:05:00Z"
USERS = {
    "job": {"id": -2, "login": "gitea-actions"},
    "fork": {"id": -2, "login": "gitea-actions"},
    "bot": {"id": 7, "login": "drift-bot"},
    "narrow": {"id": 8, "login": "narrow"},
    "mallory": {"id": 66, "login": "mallory"},
}


def user(name: str) -> dict[str, Any]:
    known = USERS[name]
    return {
        **known,
        "full_name": "",
        "email": f"{known['login']}@noreply.example",
        "avatar_url": "",
        "html_url": "",
        "is_admin": False,
        "active": True,
        "created": NOW,
        "language": "",
    }


@dataclass
class State:
    """What the server holds, and how it misbehaves."""

    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request."""
    fault: Callable[[str, str], int | None] = lambda _method, _path: None
    """Method and path → the status to answer with instead; None: none."""
    delay: float = 0.0
    shows_user: bool = True
    page_size: int = 50
    before_comment: Callable[[], None] = lambda: None
    """Called before a comment is added."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pull(self, number: int, head: str, base: str = "main", state: str = "open") -> None:
        side = {"label": "", "ref": base, "sha": "0" * 40, "repo_id": 1, "repo": None}
        self.pulls[number] = {
            "id": number,
            "number": number,
            "state": state,
            "title": f"change {number}",
            "body": "",
            "user": user("mallory"),
            "merged": False,
            "mergeable": True,
            "html_url": "",
            "url": "",
            "head": {**side, "ref": f"branch-{number}", "sha": head},
            "base": side,
            "comments": 0,
            "created_at": NOW,
            "updated_at": NOW,
            "merge_base": "0" * 40,
        }

    def comment(self, number: int, body: str, who: str) -> dict[str, Any]:
        with self.lock:
            identity = max(self.comments, default=100) + 1
            made = {
                "id": identity,
                "body": body,
                "user": user(who),
                "html_url": f"/pulls/{number}#{identity}",
                "issue_url": "",
                "pull_request_url": f"/pulls/{number}",
                "created_at": NOW,
                "updated_at": NOW,
                "assets": [],
                "original_author": "",
                "original_author_id": 0,
            }
            self.comments[identity] = {**made, "_of": number}
            return made

    def of(self, number: int) -> list[dict[str, Any]]:
        """The comments on a pull request, oldest first."""
        return [each for _, each in sorted(self.comments.items()) if each["_of"] == number]


class Refused(Exception):
    def __init__(self, status: int, message: str = "") -> None:
        self.status, self.message = status, message


_ROUTES: list[tuple[str, re.Pattern[str], str]] = [
    (method, re.compile(path), name)
    for method, path, name in (
        ("GET", r"/version", "version"),
        ("GET", r"/user", "me"),
        ("GET", r"/repos/ops/site", "repository"),
        ("GET", r"/repos/ops/site/pulls", "pulls"),
        ("GET", r"/repos/ops/site/pulls/(\d+)", "pull"),
        ("POST", r"/repos/ops/site/pulls/(\d+)/reviews", "review"),
        ("GET", r"/repos/ops/site/issues/(\d+)/comments", "comments"),
        ("POST", r"/repos/ops/site/issues/(\d+)/comments", "add_comment"),
        ("PATCH", r"/repos/ops/site/issues/comments/(\d+)", "edit_comment"),
        ("DELETE", r"/repos/ops/site/issues/comments/(\d+)", "delete_comment"),
        ("POST", r"/repos/ops/site/statuses/([0-9a-f]+)", "status"),
        ("GET", r"/repos/ops/site/issues", "issues"),
        ("POST", r"/repos/ops/site/issues", "add_issue"),
        ("PATCH", r"/repos/ops/site/issues/(\d+)", "edit_issue"),
        ("GET", r"/repos/ops/site/actions/runs", "runs"),
    )
]


class Answers:
    """A handler per route: each returns status and value."""

    def __init__(self, state: State) -> None:
        self.state = state

    def version(self, who, query, body):
        return 200, {"version": "1.24.3"}

    def me(self, who, query, body):
        if who == "narrow":
            raise Refused(
                403,
                "token does not have at least one of required scope(s), required=[read:user], "
                "token scope=write:issue",
            )
        if not self.state.shows_user:
            raise Refused(404)
        return 200, user(who)

    def repository(self, who, query, body):
        may = who != "fork"
        return 200, {
            "id": 1,
            "name": "site",
            "full_name": "ops/site",
            "owner": user("bot"),
            "private": True,
            "default_branch": "main",
            "permissions": {"admin": False, "push": may, "pull": True},
        }

    def pulls(self, who, query, body):
        wanted = query.get("state", "open")
        return self._page(
            [each for _, each in sorted(self.state.pulls.items()) if wanted in {"all", each["state"]}], query
        )

    def pull(self, who, query, body, number):
        return 200, self._one(self.state.pulls, number)

    def review(self, who, query, body, number):
        self._may_write(who)
        self._one(self.state.pulls, number)
        self.state.reviews.append({**body, "pull": int(number)})
        return 200, {
            "id": len(self.state.reviews),
            "body": body.get("body", ""),
            "state": "COMMENT",
            "user": user(who),
            "commit_id": body.get("commit_id", ""),
            "html_url": "",
            "comments_count": len(body["comments"]),
            "submitted_at": NOW,
        }

    def comments(self, who, query, body, number):
        self._one(self.state.pulls, number)
        return 200, [_public(each) for each in self.state.of(int(number))]

    def add_comment(self, who, query, body, number):
        self._may_write(who)
        self._one(self.state.pulls, number)
        if not isinstance(body.get("body"), str):
            raise Refused(422, "body is required")
        self.state.before_comment()
        return 201, self.state.comment(int(number), body["body"], who)

    def edit_comment(self, who, query, body, identity):
        self._may_write(who)
        self._own(identity, who)["body"] = body["body"]
        return 200, _public(self._one(self.state.comments, identity))

    def delete_comment(self, who, query, body, identity):
        self._may_write(who)
        self._own(identity, who)
        with self.state.lock:
            self.state.comments.pop(int(identity), None)
        return 204, None

    def status(self, who, query, body, sha):
        self._may_write(who)
        if body.get("state") not in {"pending", "success", "error", "failure", "warning"}:
            raise Refused(422, "state")
        made = {
            "id": len(self.state.statuses) + 1,
            "status": body["state"],
            "context": body["context"],
            "description": body["description"],
            "target_url": body["target_url"],
            "url": "",
            "creator": user(who),
            "created_at": NOW,
            "updated_at": NOW,
        }
        self.state.statuses.append({**made, "sha": sha})
        return 201, made

    def issues(self, who, query, body):
        wanted = query.get("state", "open")
        return self._page(
            [
                each
                for _, each in sorted(self.state.issues.items(), reverse=True)
                if wanted in {"all", each["state"]}
            ],
            query,
        )

    def add_issue(self, who, query, body):
        self._may_write(who)
        number = max(self.state.issues, default=200) + 1
        self.state.issues[number] = {
            "id": number,
            "number": number,
            "title": body["title"],
            "body": body.get("body", ""),
            "state": "open",
            "user": user(who),
            "html_url": "",
            "url": "",
            "comments": 0,
            "labels": [],
            "assets": [],
            "created_at": NOW,
            "updated_at": NOW,
        }
        return 201, self.state.issues[number]

    def edit_issue(self, who, query, body, number):
        self._may_write(who)
        self._one(self.state.issues, number).update(body)
        return 201, self.state.issues[int(number)]

    def runs(self, who, query, body):
        rows = [each for each in self.state.runs if each["event"] == query.get("event", each["event"])]
        return 200, {"total_count": len(rows), "workflow_runs": rows}

    def _page(self, rows, query):
        size = min(int(query.get("limit", 30)), self.state.page_size)
        first = (int(query.get("page", 1)) - 1) * size
        return 200, rows[first : first + size]

    def _one(self, found, number):
        try:
            return found[int(number)]
        except KeyError:
            raise Refused(404, "The target couldn't be found.") from None

    def _own(self, identity, who):
        comment = self._one(self.state.comments, identity)
        if comment["user"]["id"] != USERS[who]["id"]:
            raise Refused(403, "user should have permission to edit comment")
        return comment

    def _may_write(self, who):
        if who == "fork":
            raise Refused(403, "user should have permission to write")


def _public(comment):
    return {key: value for key, value in comment.items() if not key.startswith("_")}


@dataclass
class Fake:
    address: str
    """The web address of the repository."""
    ca_file: Path | None
    state: State

    @property
    def server(self) -> str:
        return self.address.removesuffix("/ops/site")


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


class Handler(BaseHTTPRequestHandler):
    """One connection; a subclass has the state and the prefix."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    state: State
    prefix: str

    def answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.state.requests.append((self.command, self.path))
        if self.state.delay:
            time.sleep(self.state.delay)
        try:
            status, value = self.found(content)
        except Refused as refused:
            status, value = refused.status, {"message": refused.message, "url": "/api/swagger"}
        data = b"" if value is None else encoded(value)
        self.send_response(status)
        if data:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def found(self, content: bytes) -> tuple[int, Any]:
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(f"{self.prefix}/api/v1")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        fault = self.state.fault(self.command, path)
        if fault is not None:
            raise Refused(fault, "made to fail")
        who = (self.headers.get("Authorization") or "").removeprefix("token ").removesuffix("-token")
        if path != "/version" and who not in USERS:
            raise Refused(401, "token is required")
        for method, pattern, name in _ROUTES:
            match = pattern.fullmatch(path)
            if method == self.command and match:
                body = json.loads(content or b"{}")
                return getattr(Answers(self.state), name)(who, query, body, *match.groups())
        raise Refused(404, "page not found")

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 — names of http.server

    def log_message(self, *args: object) -> None:
        """Quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gives up is part of some tests."""


@contextmanager
def serve(folder: Path | None = None, *, prefix: str = "") -> Iterator[Fake]:
    """Serve a Gitea below a path; over TLS with a CA of its own where a folder for that is given."""
    state = State()
    server = _Server(("127.0.0.1", 0), type("Handler", (Handler,), {"state": state, "prefix": prefix}))
    ca_file = None
    scheme = "http"
    if folder is not None:
        folder.mkdir(exist_ok=True)
        tls = make_tls(folder, "127.0.0.1")
        server.socket = tls.context.wrap_socket(server.socket, server_side=True)
        ca_file, scheme = tls.ca_file, "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Fake(f"{scheme}://127.0.0.1:{server.server_port}{prefix}/ops/site", ca_file, state)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
