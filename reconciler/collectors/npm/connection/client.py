"""The requests to an Nginx Proxy Manager: the login, and its lists.

Facts (schema of NPM 2.15.1, NPMplus of 2026): `POST /api/tokens` gives a token in the body (NPM), or in a
cookie that only comes back over HTTPS (NPMplus); an account with 2FA gets `requires_2fa` and no token. By
hand: `curl -d '{"identity":"…","secret":"…"}' -H 'Content-Type: application/json'
http://HOST:81/api/tokens`.
"""

from typing import Any

from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.connection_errors import (
    HostUnreachable,
    IncompleteResponse,
    NoTimeLeft,
    OutOfTime,
    cannot_be_reached,
)
from reconciler.collectors.http.payload import ApiRow, BadAnswerError, objects
from reconciler.collectors.http.redaction import without_secrets
from reconciler.collectors.http.request_failed import RequestFailed
from reconciler.collectors.http.response import Response, no_answer
from reconciler.collectors.http.untrusted import Remedies
from reconciler.collectors.npm.connection.api import NpmFacts
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.config.secret import username
from reconciler.errors import Problem, SourceError
from reconciler.model.system import SourceContext
from reconciler.text import clean

REMEDIES = Remedies(
    ca_file="set ca_file to the CA that signed its certificate",
    fingerprint="`openssl s_client -connect HOST:PORT </dev/null | openssl x509 -noout -fingerprint -sha256`",
)
_DOWN = "check url, and that it runs and the firewall lets this machine in"
CONFIG = frozenset({"advanced_config", "npmplus_advanced_config", "npmplus_location_config"})
"""Text of nginx that people write passwords and keys into."""
SECRETS = CONFIG | {"items"}
"""Keys whose names do not show that they hold secrets; items of access lists are people's names, each with
the first character and the length of a password."""
_EXPANDED = {"access-lists": "items,clients"}
"""List → what its rows have only where it is asked for."""
_LATER = "it may be starting: run again in minutes"


class NpmClient:
    """One server. Raises `SourceError` when made, where a secret or the CA file cannot be used."""

    def __init__(self, settings: NpmSettings, context: SourceContext) -> None:
        self._settings = settings
        self._fingerprinter = context.fingerprinter
        self._user = username(settings.username, context.environment, settings.name)
        self._password = settings.password.resolve(context.environment, settings.name)
        self.http = HttpClient.of_source(settings, context.root, REMEDIES, context.budget)

    def close(self) -> None:
        """End every connection; the token expires by itself, for there is no way to give it back."""
        self.http.close()

    def connect(self) -> NpmFacts:
        """Log in and read the account; raises `SourceError` when nothing can be read."""
        health = self._health()
        self._log_in()
        version = health.get("version")
        me: Any = {}
        try:
            me = self._get("users/me", {"expand": "permissions"})
        except RequestFailed as refusal:
            if refusal.status == 401:
                raise
        me = me if isinstance(me, dict) else {}
        permissions, roles = me.get("permissions"), me.get("roles")
        permissions = permissions if isinstance(permissions, dict) else {}
        visibility = permissions.get("visibility", permissions.get("permission_visibility"))
        return NpmFacts(
            version=_version(version),
            visibility=str(visibility) if visibility else None,
            permissions={str(key): str(value) for key, value in permissions.items()},
            admin=isinstance(roles, list) and "admin" in roles,
        )

    def rows(self, name: str) -> tuple[list[ApiRow], Problem | None]:
        """Return the rows of a list, without secrets, and why some may be missing; raises `RequestFailed`."""
        expand = _EXPANDED.get(name)
        found = self._get(f"nginx/{name}", {"expand": expand} if expand else {})
        try:
            return objects(found)
        except BadAnswerError as error:
            raise self._refusal(name, 200, str(error)) from None

    def _health(self) -> dict[str, Any]:
        """Return its public status; empty if it has none."""
        host = self._settings.host
        try:
            answer = self.http.get("/api/")
        except HostUnreachable as unreachable:
            raise cannot_be_reached(unreachable.problem, _DOWN) from None
        except (IncompleteResponse, BadAnswerError) as error:
            raise no_answer(host, str(error), error, _DOWN) from None
        if answer.redirect_target is not None:
            what = f"it redirects to {clean(answer.redirect_target, *self.http.secrets)}"
            raise SourceError(Problem(host, what, "set url to that server", "misconfigured"))
        if answer.status >= 500:
            what = f"the server does not answer yet ({answer.status})"
            raise SourceError(Problem(host, what, _LATER, "request-failed"))
        try:
            value = answer.json()
        except BadAnswerError as error:
            raise no_answer(host, str(error), error, _DOWN) from None
        return value if isinstance(value, dict) else {}

    def _log_in(self) -> None:
        host = self._settings.host
        try:
            answer = self.http.log_in("/api/tokens", {"identity": self._user, "secret": self._password})
        except HostUnreachable as unreachable:
            raise cannot_be_reached(unreachable.problem, _DOWN) from None
        except (IncompleteResponse, BadAnswerError) as error:
            what = f"the login got no answer ({error})"
            raise no_answer(host, what, error, _LATER) from None
        try:
            value = answer.json()
        except BadAnswerError as error:
            value = {"error": {"message": str(error)}}
        body: dict[str, Any] = value if isinstance(value, dict) else {}
        token = body.get("token")
        plain = self._settings.url.startswith("http://")
        if answer.status == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
            self.http.send_always("Authorization", f"Bearer {token}")
        elif answer.status != 200 or not self.http.cookies.names or plain or body.get("requires_2fa"):
            raise self._no_login(answer, body)

    def _no_login(self, answer: Response, body: dict[str, Any]) -> SourceError:
        said = clean(_complaint(body), self._password)
        shown = f"{answer.status} {said}".strip()
        host, password = self._settings.host, self._settings.password.variable
        low = said.lower()
        if body.get("requires_2fa") or "2fa" in low or "totp" in low:
            what = "the account asks for a second factor"
            remedy = "use a read-only account without 2FA"
        elif answer.status == 429:
            what = f"it currently refuses all logins, even correct ones ({shown})"
            remedy = "there were too many failed logins: wait five minutes"
        elif "oidc" in low or "disabled" in low or answer.status in {404, 405}:
            what = f"logging in with a password is not possible ({shown})"
            remedy = "allow it (NPMplus: OIDC_DISABLE_PASSWORD=false), and enable the account"
        elif answer.status in {400, 401, 403}:
            what = f"the login is refused ({shown})"
            remedy = f"check username and {password}, and that the account is not disabled"
        elif answer.status == 200 and "expires" in body and self._settings.url.startswith("http://"):
            what = "the login gives no token that comes back over HTTP"
            remedy = "NPMplus speaks only HTTPS: write https:// in url"
        else:
            what, remedy = f"the login gives no token ({shown})", "check url, and that this is its API"
        return SourceError(Problem(host, what, remedy, "login-refused"))

    def _get(self, path: str, params: dict[str, str | int]) -> Any:
        """Return the value of an answer, without secrets; raises `RequestFailed`."""
        try:
            answer = self.http.get(f"/api/{path}", params)
        except HostUnreachable as unreachable:
            raise cannot_be_reached(unreachable.problem, _DOWN) from None
        except NoTimeLeft as late:
            raise OutOfTime(self._settings.host, late) from None
        except IncompleteResponse as incomplete:
            host, reason, cause = self._settings.host, incomplete.reason, incomplete.cause
            raise RequestFailed(host, path, None, reason, cause=cause) from None
        except BadAnswerError as error:
            raise self._refusal(path, 200, str(error)) from None
        try:
            value = answer.json()
        except BadAnswerError as error:
            raise self._refusal(path, answer.status, str(error)) from None
        if answer.status != 200:
            raise self._refusal(
                path, answer.status, clean(_complaint(value), self._password, *self.http.secrets)
            )
        return without_secrets(value, self._fingerprinter, SECRETS.__contains__)

    def _refusal(self, path: str, status: int | None, reason: str) -> RequestFailed:
        remedy = ""
        if status == 401:
            reason = f"the login is invalid or has expired ({reason or status})"
        elif status == 403:
            remedy = "allow the account to view this section: Users, Permissions"
        elif "web page" in reason or (status or 0) >= 500:
            remedy = _LATER
        return RequestFailed(self._settings.host, path, status, reason, remedy)


def _complaint(value: Any) -> str:
    """Return the error that an answer holds."""
    error = value.get("error") if isinstance(value, dict) else None
    if isinstance(error, dict):
        return str(error.get("message") or error.get("code") or "")
    return str(error) if isinstance(error, str) else ""


def _version(version: object) -> str | None:
    """Return a version in any form as `2.15.1`."""
    if isinstance(version, dict):
        parts = [version.get(part) for part in ("major", "minor", "revision")]
        return clean(".".join(str(part) for part in parts if part is not None)) or None
    return clean(str(version)) if version else None
