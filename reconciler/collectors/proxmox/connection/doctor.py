"""Checks before the first run: hosts, TLS, clock, rights, quorum, nodes.

By hand: `pvesh get /access/permissions`, `pvecm status`, `pvenode cert info`.
"""

from collections.abc import Iterator

from reconciler.collectors.http.probe import Trust, bad, host_checks
from reconciler.collectors.proxmox.cluster_state import ClusterState, read_cluster_state
from reconciler.collectors.proxmox.connection import errors
from reconciler.collectors.proxmox.connection.api import ProxmoxRequestFailed
from reconciler.collectors.proxmox.connection.client import ProxmoxClient
from reconciler.collectors.proxmox.connection.settings import ProxmoxSettings
from reconciler.collectors.proxmox.rights import grant_command, has_right, listing_problem
from reconciler.errors import SourceError
from reconciler.model.check import Check
from reconciler.model.system import SourceContext

_RIGHTS = (
    ("/vms", ("VM.Audit",), "guests"),
    ("/nodes", ("Sys.Audit",), "nodes"),
    ("/storage", ("Datastore.Audit", "Datastore.AllocateSpace"), "storages"),
    ("/pool", ("Pool.Audit", "Pool.Allocate"), "pools"),
    ("/sdn", ("SDN.Audit",), "bridges and SDN"),
    ("/mapping", ("Mapping.Audit", "Mapping.Use", "Mapping.Modify"), "resource mappings"),
    ("/access", ("Sys.Audit",), "access rules"),
    ("/access/groups", ("Sys.Audit", "User.Modify"), "users, tokens and second factors"),
)
"""Tree, the rights of which its lists need one, and what is listed (contracts of `/access/permissions`)."""
_REFUSED = (
    ("/", ("Sys.Audit",), "jobs, high availability, firewalls and metric servers"),
    (
        "/mapping/notifications",
        ("Mapping.Audit",),
        "notification targets and matchers",
    ),
    ("/access/realm", ("Sys.Audit", "Realm.Allocate"), "settings of realms"),
)
"""Path, the rights of which one is needed there, and the lists that are refused without."""


def preflight(settings: ProxmoxSettings, context: SourceContext) -> Iterator[Check]:
    """Check every host, then the rights of the token; a source that cannot be read ends with the reason."""
    try:
        client = ProxmoxClient(settings, context)
    except SourceError as error:
        yield from (bad("secret", problem) for problem in error.problems)
        return
    reached = False
    try:
        for host in settings.hosts:
            checks = list(_host(client, settings, host))
            reached = reached or any(check.name == "host" and check.state == "ok" for check in checks)
            yield from checks
    finally:
        client.close()
    if reached:
        yield from _cluster(settings, context)


def _host(client: ProxmoxClient, settings: ProxmoxSettings, host: str) -> Iterator[Check]:
    pinned = settings.fingerprint_of(host) is not None
    return host_checks(
        lambda: client.probe(host),
        f"https://{host}",
        settings.timeout,
        Trust(settings.ca_file or "a CA of this system", pinned, settings.verify_tls),
        state="warning" if len(settings.hosts) > 1 else "bad",
        renew=errors.REMEDIES.renew,
    )


def _cluster(settings: ProxmoxSettings, context: SourceContext) -> Iterator[Check]:
    from reconciler.collectors.proxmox.connection.connection import ProxmoxConnection

    try:
        with ProxmoxConnection(settings, context) as api:
            found = read_cluster_state(api)
    except ProxmoxRequestFailed as refusal:
        yield Check(name="cluster", state="bad", what=str(refusal.problems[0]))
        return
    except SourceError as error:
        yield from (bad("token", problem) for problem in error.problems)
        return
    version = f"Proxmox VE {found.version or 'of an unknown version'}"
    yield Check(name="version", state="ok", what=version, brief=version)
    yield from _rights(found)
    if not found.nodes:
        return
    if found.doubt:
        yield Check(name="quorum", state="bad", what=found.doubt.what, remedy=found.doubt.remedy)
    else:
        yield Check(
            name="quorum",
            state="ok",
            what=f"the cluster of {len(found.nodes)} nodes has quorum",
            brief=f"quorum {sum(found.nodes.values())} of {len(found.nodes)}",
        )
    for node, online in sorted(found.nodes.items()):
        if not online:
            what = f"{node} is offline; nothing on it can be read"
            remedy = "bring it back, or declare `expected: offline` in desired-state"
            yield Check(name="node", state="bad", what=what, remedy=remedy)


def _rights(found: ClusterState) -> Iterator[Check]:
    """Check the token's rights by their purpose; a missing one comes with the command that grants it."""
    if found.rights.permissions is None and found.nodes:
        what = "/access/permissions cannot be read, so no list can be proven complete"
        yield Check(name="right", state="bad", what=what)
        return
    if not found.nodes or found.rights.none_granted:
        what = (
            "the token has no rights; with privilege separation it needs its own, besides those of its user"
        )
        command = grant_command("/", found.rights.token_id)
        yield Check(name="right", state="bad", what=what, remedy=command)
        return
    complete = True
    for tree, rights, what in _RIGHTS:
        problem = listing_problem(found.rights, tree, *rights)
        if problem is None:
            held = _held(found, tree, rights) or rights[0]
            yield Check(name="right", state="ok", what=f"{held} on {tree}: all {what} are visible")
        else:
            complete = False
            yield Check(name="right", state="bad", what=f"{what}: {problem.what}", remedy=problem.remedy)
    for path, rights, what in _REFUSED:
        if found_right := _held(found, path, rights):
            yield Check(name="right", state="ok", what=f"{found_right} on {path}: {what} can be read")
        else:
            complete = False
            lacking = f"{what}: the token lacks {rights[0]} on {path}, so requests for them are refused"
            command = grant_command(path, found.rights.token_id)
            yield Check(name="right", state="bad", what=lacking, remedy=command)
    if complete:
        yield Check(name="right", state="ok", what="every list can be read in full", brief="rights complete")
    yield from _extras(found)


def _held(found: ClusterState, path: str, rights: tuple[str, ...]) -> str | None:
    return next((right for right in rights if has_right(found.rights, path, right)), None)


def _extras(found: ClusterState) -> Iterator[Check]:
    """Check the rights beyond those of an auditor, without which observed data is left out."""
    major = str(found.version or "").partition(".")[0]
    agent = "VM.Monitor" if major.isdecimal() and int(major) < 9 else "VM.GuestAgent.Audit"
    if has_right(found.rights, "/vms", agent):
        yield Check(name="right", state="ok", what=f"{agent} on /vms: addresses from guest agents")
    else:
        what = f"the token lacks {agent} on /vms: addresses from guest agents are left out"
        yield Check(
            name="right", state="note", what=what, remedy="grant the right if you want these addresses"
        )
    backups = sorted({place.name for place in found.storages if place.backups})
    hidden = [name for name in backups if not _shows_backups(found, f"/storage/{name}")]
    if hidden:
        what = f"backups on {', '.join(hidden)} are hidden: `backup: {{max_age: …}}` cannot be evaluated"
        remedy = "grant Datastore.AllocateSpace on the storage and VM.Backup on /vms"
        yield Check(name="right", state="note", what=what, remedy=remedy)


def _shows_backups(found: ClusterState, storage: str) -> bool:
    rights = found.rights
    if has_right(rights, storage, "Datastore.Allocate"):
        return True
    return has_right(rights, storage, "Datastore.AllocateSpace") and has_right(rights, "/vms", "VM.Backup")
