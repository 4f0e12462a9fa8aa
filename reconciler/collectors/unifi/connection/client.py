"""The requests to a UniFi Network controller: its type, the login, and the lists of its three APIs.

Facts: `GET /` answers 200 on a UniFi OS console and leads to /manage on a controller of its own; errors may
come as HTTP 200 with `meta.rc: error`; a wrong path answers with a web page; logins are limited to a few in
minutes, and then refused even when right (home-assistant/core#130887), so there is one per run. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/stat/sysinfo`.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
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
from reconciler.collectors.http.response import Response, no_answer
from reconciler.collectors.http.untrusted import Remedies
from reconciler.collectors.unifi.connection import answers
from reconciler.collectors.unifi.connection.api import Read, UnifiFacts, UnifiRequestFailed
from reconciler.collectors.unifi.connection.pages import PAGE, all_pages
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.config.secret import username
from reconciler.errors import Problem, SourceError
from reconciler.model.system import SourceContext
from reconciler.text import clean

REMEDIES = Remedies(
    ca_file="set ca_file to the CA that signed the controller's certificate",
    fingerprint="`openssl s_client -connect HOST:PORT </dev/null | openssl x509 -noout -fingerprint -sha256`",
)
_DOWN = "check url, and that the controller runs and its firewall lets this machine in"


class UnifiClient:
    """One controller. Raises `SourceError` when made, where a secret or the CA file cannot be used."""

    def __init__(self, settings: UnifiSettings, context: SourceContext) -> None:
        self._settings = settings
        self._fingerprinter = context.fingerprinter
        environment = context.environment
        self._key = settings.api_key.resolve(environment, settings.name) if settings.api_key else None
        self._user = self._password = None
        if settings.username is not None and settings.password is not None:
            self._user = username(settings.username, environment, settings.name)
            self._password = settings.password.resolve(environment, settings.name)
        if self._key is not None and not self._key.isascii():
            assert settings.api_key is not None
            what = f"{settings.api_key.variable} contains characters that are not valid in an API key"
            raise SourceError(
                Problem(settings.name, what, "copy the key again from the controller", "misconfigured")
            )
        self.http = HttpClient.of_source(settings, context.root, REMEDIES, context.budget)
        self._console = True
        self._csrf: str | None = None
        self._logged_in = False
        self._site_id: str | None = None

    def close(self) -> None:
        """Log out where there was a login, and end every connection."""
        if self._logged_in:
            headers = {"X-CSRF-Token": self._csrf} if self._csrf else {}
            self.http.log_out("/api/auth/logout" if self._console else "/api/logout", headers)
        self.http.close()

    def connect(self) -> UnifiFacts:
        """Find out what it is, get in, and see which of its APIs answer.

        Raises `SourceError` when nothing can be read: no connection, no right, no such site.
        """
        self._console = self._is_console()
        if self._key is None:
            self._log_in()
        found = self._probe()
        if self._user is not None and not self._logged_in and _shut(found):
            self._log_in()
            found = self._probe()
        return self._facts(found)

    def rows(self, read: Read) -> tuple[list[ApiRow], Problem | None]:
        """Return the rows of a list, and why some may be missing; raises `UnifiRequestFailed`."""
        if read.api == "integration" and not read.single:
            return self._pages(read.path)
        found = self._get(read, dict(read.query))
        if read.single:
            found = [found]
        try:
            return objects(found)
        except BadAnswerError as error:
            raise self._refusal(read.path, 200, str(error)) from None

    def _is_console(self) -> bool:
        try:
            answer = self._ask("/", {})
        except (IncompleteResponse, BadAnswerError) as error:
            raise no_answer(self._settings.host, str(error), error, _DOWN) from None
        if answer.redirect_target is not None:
            if answer.redirect_target.startswith("https://") and self._settings.url.startswith("http://"):
                what = f"it redirects to {clean(answer.redirect_target, *self.http.secrets)}"
                raise SourceError(
                    Problem(self._settings.host, what, "write https:// in url", "misconfigured")
                )
            return "/manage" not in answer.redirect_target
        if answer.status >= 500:
            raise answers.starting(self._settings.host, answer.status)
        if answer.status == 200:
            return True
        return self._ask("/proxy/network/api/self/sites", {}).status != 404

    def _log_in(self) -> None:
        assert self._user is not None
        assert self._password is not None
        path = "/api/auth/login" if self._console else "/api/login"
        try:
            answer = self.http.log_in(path, {"username": self._user, "password": self._password})
        except HostUnreachable as unreachable:
            raise cannot_be_reached(unreachable.problem, _DOWN) from None
        except (IncompleteResponse, BadAnswerError) as error:
            what = f"the login got no answer ({error})"
            raise no_answer(self._settings.host, what, error, "run again in minutes") from None
        said = self._said(answer)
        if answer.status == 200 and not said:
            self._csrf = answer.headers.get("x-csrf-token")
            self._logged_in = True
            return
        assert self._settings.password is not None
        raise answers.no_login(self._settings.host, answer, said, self._settings.password.variable)

    def _probe(self) -> dict[str, Any]:
        """Return the answer of each API to a cheap request, all at once: its data, or its error."""
        asked = {
            "sysinfo": Read("classic", "stat/sysinfo"),
            "sites": Read("classic", "self/sites"),
            "features": Read("v2", "site-feature-migration"),
        }
        if self._console:
            asked |= {"info": Read("integration", "info"), "uuids": Read("integration", "sites")}

        def ask(read: Read) -> Any:
            try:
                return self._pages("sites")[0] if read.path == "sites" else self._get(read)
            except UnifiRequestFailed as refusal:
                return refusal

        with ThreadPoolExecutor(self._settings.connections) as pool:
            return dict(zip(asked, pool.map(ask, asked.values()), strict=True))

    def _facts(self, found: Mapping[str, Any]) -> UnifiFacts:
        sysinfo, sites, uuids = found["sysinfo"], found["sites"], found.get("uuids")
        known = answers.named_sites(sites, uuids)
        if known and self._settings.site not in known:
            raise answers.no_site(self._settings.host, self._settings.site, known)
        self._site_id = answers.site_id(uuids, self._settings.site)
        classic = sysinfo if _shut(found) else None
        if classic is not None and self._site_id is None:
            raise self._no_way_in(classic)
        zone_based, engine = self._engine(found["features"])
        return UnifiFacts(
            console=self._console,
            version=answers.version(sysinfo, found.get("info")),
            role=answers.role(sites, self._settings.site),
            classic=classic,
            integration=self._site_id,
            zone_based=zone_based,
            engine=engine,
        )

    def _engine(self, features: Any) -> tuple[bool | None, str]:
        """Return which firewall the site has; where the feature list is missing, zones decide."""
        found, reason = answers.engine(features)
        if found is not None or not isinstance(features, UnifiRequestFailed) or not answers.unknown(features):
            return found, reason
        try:
            return bool(self.rows(Read("v2", "firewall/zone"))[0]), ""
        except UnifiRequestFailed as refusal:
            return (False, "") if answers.unknown(refusal) else (None, reason)

    def _no_way_in(self, classic: UnifiRequestFailed) -> SourceError:
        host = self._settings.host
        if classic.status is not None and 300 <= classic.status < 400:
            return SourceError(
                Problem(host, classic.summary, "set url to the controller itself", "misconfigured")
            )
        if classic.status is not None and classic.status < 500 and not self._logged_in:
            assert self._settings.api_key is not None
            what = f"the API key is refused ({classic.summary})"
            remedy = f"check {self._settings.api_key.variable}"
            if not self._console:
                remedy += "; a controller without UniFi OS may not accept API keys: use username and password"
            return SourceError(Problem(host, what, remedy, "login-refused"))
        return SourceError(classic.problems)

    def _get(self, read: Read, params: Mapping[str, str | int] | None = None) -> Any:
        """Return the data of an answer, without secrets and envelope; raises `UnifiRequestFailed`."""
        try:
            answer = self._ask(self._path(read), params or {}, self._key_of(read))
        except NoTimeLeft as late:
            raise OutOfTime(self._settings.host, late) from None
        except IncompleteResponse as incomplete:
            host, reason, cause = self._settings.host, incomplete.reason, incomplete.cause
            raise UnifiRequestFailed(host, read.path, None, reason, cause=cause) from None
        except BadAnswerError as error:
            raise self._refusal(read.path, 200, str(error)) from None
        said = self._said(answer)
        if answer.status != 200 or said:
            raise self._refusal(read.path, answer.status, said)
        try:
            value = without_secrets(answer.json(), self._fingerprinter)
        except BadAnswerError as error:
            raise self._refusal(read.path, 200, str(error)) from None
        if read.api == "classic":
            if not isinstance(value, dict) or "data" not in value:
                raise self._refusal(read.path, 200, "the answer has no data")
            return value["data"]
        return value

    def _pages(self, path: str) -> tuple[list[ApiRow], Problem | None]:
        """Return all pages of a list of the integration API, and why some may be missing."""
        read = Read("integration", path)
        try:
            return all_pages(lambda offset: self._get(read, {"offset": offset, "limit": PAGE}))
        except BadAnswerError as error:
            raise self._refusal(path, 200, str(error)) from None

    def _path(self, read: Read) -> str:
        prefix = "/proxy/network" if self._console else ""
        site = self._settings.site
        if read.path == "self/sites":
            return f"{prefix}/api/self/sites"
        if read.api == "classic":
            return f"{prefix}/api/s/{site}/{read.path}"
        if read.api == "v2":
            return f"{prefix}/v2/api/site/{site}/{read.path}"
        if read.path in {"info", "sites"}:
            return f"{prefix}/integration/v1/{read.path}"
        return f"{prefix}/integration/v1/sites/{self._site_id}/{read.path}"

    def _key_of(self, read: Read) -> dict[str, str]:
        """Return the API key where it is needed: after a login only for the integration API."""
        if self._key is None or (self._logged_in and read.api != "integration"):
            return {}
        return {"X-API-KEY": self._key}

    def _ask(
        self, path: str, params: Mapping[str, str | int], headers: Mapping[str, str] | None = None
    ) -> Response:
        try:
            return self.http.get(path, params, headers)
        except HostUnreachable as unreachable:
            raise cannot_be_reached(unreachable.problem, _DOWN) from None

    def _said(self, answer: Response) -> str:
        """Return the error of an answer; empty where it is good."""
        if answer.redirect_target is not None:
            return f"it redirects to {clean(answer.redirect_target, *self.http.secrets)}"
        try:
            value = answer.json()
        except BadAnswerError as error:
            return str(error)
        hidden = (self._key or "", self._password or "", *self.http.secrets)
        return clean(answers.complaint(value, answer.status), *hidden)

    def _refusal(self, path: str, status: int | None, reason: str) -> UnifiRequestFailed:
        host = self._settings.host
        return answers.refusal(host, path, status, reason, logged_in=self._logged_in)


def _shut(found: Mapping[str, Any]) -> bool:
    """Return whether the classic API refuses everything."""
    return answers.locked_out(found["sysinfo"]) and answers.locked_out(found["sites"])
