"""The meaning of a controller's answers, apart from how they came: errors, logins, sites, its firewall."""

from collections.abc import Iterator
from typing import Any

from reconciler.collectors.http.response import Response
from reconciler.collectors.unifi.connection.api import UnifiRequestFailed
from reconciler.errors import Problem, SourceError
from reconciler.text import clean

_ZONES = "ZONE_BASED_FIREWALL"
_RIGHT = "give the account the role View Only for the Network application"


def starting(host: str, status: int) -> SourceError:
    """Return the error of a controller that is still starting."""
    what = f"the controller does not answer yet ({status})"
    return SourceError(Problem(host, what, "it may be restarting: run again in minutes", "request-failed"))


def no_login(host: str, answer: Response, said: str, password: str) -> SourceError:
    """Return why a login did not succeed; `password` is the variable that holds it."""
    shown = f"{answer.status} {said}".strip()
    low = said.lower()
    if answer.status == 429 or "limit_reached" in low:
        what = f"the controller currently refuses all logins, even correct ones ({shown})"
        remedy = "there were too many logins: wait some minutes, and run less often or use api_key"
    elif answer.status == 499 or "2fa" in low or "mfa" in low:
        what = f"the account asks for a second factor ({shown})"
        remedy = "use a local account without 2FA, or api_key"
    elif answer.status >= 500:
        return starting(host, answer.status)
    elif "JSON" in said and answer.status == 200:
        what = "a web page answers instead of the login"
        remedy = (
            "check url, and that this is a UniFi controller; a starting controller also answers like this"
        )
    elif answer.status in {200, 400, 401, 403}:
        what = f"the login is refused ({shown})"
        remedy = f"check username and {password}, and that the account is a local one and not disabled"
    else:
        what, remedy = f"the login fails ({shown})", "check url, and that this is a UniFi controller"
    return SourceError(Problem(host, what, remedy, "login-refused"))


def refusal(host: str, path: str, status: int | None, reason: str, *, logged_in: bool) -> UnifiRequestFailed:
    """Return the error of a list that could not be read, with the remedy."""
    remedy = ""
    if "NoPermission" in reason or status == 403:
        remedy = _RIGHT
    elif logged_in and (status == 401 or "LoginRequired" in reason):
        reason = f"the session is invalid or has expired ({reason or status})"
    elif status in {502, 503, 504} or ("web page" in reason and status in {200, 404}):
        remedy = "the controller may be restarting: run again in minutes"
    return UnifiRequestFailed(host, path, status, reason, remedy)


def locked_out(answer: Any) -> bool:
    """Return whether a probe shows that nothing behind it can be read either."""
    if not isinstance(answer, UnifiRequestFailed):
        return False
    status = answer.status
    return (
        status is None
        or status in {401, 403}
        or 300 <= status < 400
        or status >= 500
        or any(word in answer.reason for word in ("LoginRequired", "NoPermission"))
    )


def named_sites(classic: Any, integration: Any) -> dict[str, str]:
    """Return short name → title of every site that either API lists."""
    return {name: title for name, title in _sites(classic, integration) if name}


def _sites(classic: Any, integration: Any) -> Iterator[tuple[str, str]]:
    for row in classic if isinstance(classic, list) else ():
        if isinstance(row, dict):
            yield str(row.get("name") or ""), str(row.get("desc") or "")
    for row in integration if isinstance(integration, list) else ():
        if isinstance(row, dict):
            yield str(row.get("internalReference") or ""), str(row.get("name") or "")


def no_site(host: str, site: str, known: dict[str, str]) -> SourceError:
    """Return the error of a configured site that does not exist."""
    there = ", ".join(
        clean(f"{name} ({title})" if title and title != name else name)
        for name, title in sorted(known.items())[:20]
    )
    what = f"there is no site {site} (there are: {there})"
    return SourceError(Problem(host, what, "set site to the short name of one of them", "misconfigured"))


def site_id(integration: Any, site: str) -> str | None:
    """Return the id of a site in the integration API."""
    for row in integration if isinstance(integration, list) else ():
        if isinstance(row, dict) and row.get("internalReference", row.get("name")) == site and row.get("id"):
            return str(row["id"])
    return None


def complaint(value: Any, status: int) -> str:
    """Return the error that an answer holds, in the forms of the three APIs and of UniFi OS."""
    if not isinstance(value, dict):
        return ""
    meta = value.get("meta")
    if isinstance(meta, dict) and meta.get("rc") not in ("ok", None):
        return str(meta.get("msg") or "api.err")
    if status < 400:
        return ""
    words = [value.get(name) for name in ("code", "errorCode", "error", "statusName", "message")]
    error = value.get("error")
    if isinstance(error, dict):
        words = [error.get("code"), error.get("message")]
    return " ".join(dict.fromkeys(str(word) for word in words if isinstance(word, str | int) and word != ""))


def engine(features: Any) -> tuple[bool | None, str]:
    """Return whether the site has migrated to the zone-based firewall, or why that is unknown."""
    if isinstance(features, UnifiRequestFailed):
        return None, f"the firewall type of the site is unknown ({features.summary})"
    if not isinstance(features, list):
        return None, "the firewall type of the site is unknown (the answer is not a list)"
    return any(isinstance(row, dict) and row.get("feature") == _ZONES for row in features), ""


def unknown(refusal: UnifiRequestFailed) -> bool:
    """Return whether a controller does not know the endpoint, as one from before the zone-based firewall."""
    return refusal.absent or refusal.status == 400


def version(sysinfo: Any, info: Any) -> str | None:
    """Return the version of the Network application, from the API that has it."""
    if isinstance(sysinfo, list) and sysinfo and isinstance(sysinfo[0], dict) and sysinfo[0].get("version"):
        return clean(str(sysinfo[0]["version"]))
    if isinstance(info, dict) and info.get("applicationVersion"):
        return clean(str(info["applicationVersion"]))
    return None


def role(sites: Any, name: str) -> str | None:
    """Return `admin` or `readonly`: the role of the account on a site."""
    for row in sites if isinstance(sites, list) else ():
        if isinstance(row, dict) and row.get("name") == name and row.get("role"):
            return clean(str(row["role"]))
    return None
