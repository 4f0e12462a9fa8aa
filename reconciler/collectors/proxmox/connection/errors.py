"""Errors on the way to Proxmox VE: tokens, clusters of hosts, reason phrases, trust."""

from collections.abc import Sequence
from dataclasses import replace

from reconciler.collectors.http.untrusted import Remedies
from reconciler.collectors.proxmox.connection.settings import ProxmoxSettings
from reconciler.errors import Problem, SourceError

REMEDIES = Remedies(
    ca_file="set ca_file to a copy of /etc/pve/pve-root-ca.pem of a node",
    fingerprint="`pvenode cert info` on that node",
    renew="renew it with `pvecm updatecerts --force` on that node, then `systemctl restart pveproxy`",
)


class Unauthorized(SourceError):
    """Status 401: the token is unknown, its secret is wrong, or it has expired; no other host differs."""

    def __init__(self, host: str, reason: str, settings: ProxmoxSettings) -> None:
        remedy = f"check token_id and {settings.token_secret.variable}"
        if "expire" in reason.lower():
            remedy = "renew it under Datacenter, Permissions, API Tokens"
        super().__init__(Problem(host, f"the token is refused (401 {reason})", remedy, "login-refused"))


def unreachable(down: Sequence[Problem]) -> SourceError:
    """Return the error of a source without any host left: hosts with one cause and remedy share a line."""
    hosts: dict[Problem, list[str]] = {}
    for problem in down:
        if problem.remedy:
            hosts.setdefault(replace(problem, subject=""), []).append(problem.subject)
    problems = [replace(problem, subject=", ".join(each)) for problem, each in hosts.items()]
    silent = [problem for problem in down if not problem.remedy]
    if silent:
        subject = ", ".join(problem.subject for problem in silent)
        causes = "; ".join(dict.fromkeys(problem.what for problem in silent))
        what = f"cannot be reached ({causes})" if len(silent) == 1 else f"none can be reached ({causes})"
        remedy = "check hosts, and that pveproxy runs there and the firewall lets this machine in"
        problems.append(Problem(subject, what, remedy, silent[0].cause))
    return SourceError(problems)


def phrase(reason: object) -> str:
    """Return an HTTP reason phrase as text: http.client reads Latin-1, Proxmox VE writes UTF-8."""
    text = str(reason or "")
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
