"""What goes wrong while a site is read, over real sockets: the run ends in time, and nothing is lost."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from reconciler.lab.faults import Fault as LabFault
from tests.collectors.proxmox.lab_site import read, rows, scopes

LATE = 60.0
"""Seconds that a late answer takes, and no run: a timeout is 1 s where something hangs."""


@dataclass
class Meanwhile(LabFault):
    """Does something when the first request comes whose path ends like that; the true answer follows."""

    action: Callable[[], object] = lambda: None
    done: list[str] = field(default_factory=list)

    def hits(self, path: str, host: int) -> bool:
        if super().hits(path, host) and not self.done:
            self.done.append(path)
            self.action()
        return False


@dataclass
class Fault:
    """What goes wrong, and what may be unread or not proven for it; everything else must be read."""

    begin: Callable[[Lab], object]
    unread: set[str] = field(default_factory=set)
    """Prefixes of `kind/id` that are unread."""
    partial: set[str] = field(default_factory=set)
    """Kinds whose list is not proven to be whole."""
    gone: set[str] = field(default_factory=set)
    """What is really gone."""
    possible: set[str] = field(default_factory=set)
    """Kinds of which some may be unread, for retries end."""
    timeout: str = "5s"
    reason: str = ""
    """Part of what is said of each that is unread, or of the list."""


def during(pattern: str, action: Callable[[Lab], object]) -> Callable[[Lab], object]:
    return lambda lab: lab.faults.add(Meanwhile(pattern, action=lambda: action(lab)))


def node_down(lab: Lab) -> None:
    lab.state.set_node_online("r630-02", online=False)


KINDS = {kind.name for kind in SYSTEMS["proxmox"].kinds}

FAULTS: dict[str, Fault] = {
    "quorum lost": Fault(
        lambda lab: lab.state.set_quorate(quorate=False),
        partial=KINDS - {"cluster"},
        reason="no quorum",
    ),
    "a node down": Fault(
        node_down,
        unread={"guest@r630-02", "node-config/r630-02"},
        partial={"node-network", "disk", "guest-snapshot"},
        possible={"firewall"},
        reason="r630-02",
    ),
    "a node down in mid-run": Fault(
        during("/nodes/*/pending", node_down),
        unread={"guest@r630-02"},
        partial={"guest-snapshot"},
        possible={"firewall"},
        reason="r630-02",
    ),
    "a guest that migrates in mid-run": Fault(
        during("/nodes/ml110/qemu/101/pending", lambda lab: lab.state.move_guest(101, "r630-02"))
    ),
    "a guest that never is where it is looked for": Fault(
        lambda lab: lab.faults.answer(
            "/qemu/101/pending", 500, "Configuration file 'nodes/ml110/qemu-server/101.conf' does not exist"
        ),
        unread={"guest/101"},
        partial={"guest-snapshot"},
        reason="the cluster lists it on ml110, but that node answers that it does not exist",
    ),
    "a guest that is deleted in mid-run": Fault(
        during("/nodes/ml110/qemu/101/pending", lambda lab: lab.state.remove_guest(101)), gone={"guest/101"}
    ),
    "a storm of 503": Fault(
        lambda lab: lab.faults.answer("/pending", 503, "Service Unavailable", every=5),
        possible={"guest", "guest-snapshot"},
        reason="503",
    ),
    "a storm of 595": Fault(
        lambda lab: lab.faults.answer("/pending", 595, "No route to host", every=9),
        possible={"guest", "guest-snapshot"},
        reason="595",
    ),
    "every tenth connection dropped": Fault(lambda lab: lab.faults.drop(0.1)),
    "a storage that hangs": Fault(lambda lab: lab.faults.slow("/content", LATE), timeout="1s"),
    "agents that hang": Fault(
        lambda lab: lab.faults.slow("/agent/network-get-interfaces", LATE), timeout="1s"
    ),
    "a guest whose configuration hangs": Fault(
        lambda lab: lab.faults.slow("/qemu/101/pending", LATE),
        timeout="1s",
        unread={"guest/101"},
        partial={"guest-snapshot"},
        reason="no answer within 1 s",
    ),
    "half a JSON text": Fault(
        lambda lab: lab.faults.truncate("/nodes/r630-01/status"), unread={"node/r630-01"}, reason="not JSON"
    ),
    "a web page instead of JSON": Fault(
        lambda lab: lab.faults.html("/nodes/r630-01/status"), unread={"node/r630-01"}, reason="not JSON"
    ),
    "200 with an error inside": Fault(
        lambda lab: lab.faults.answer(
            "/nodes/r630-01/status", 200, "OK", body=b'{"data":null,"message":"got timeout"}'
        ),
        unread={"node/r630-01"},
        reason="the answer has no data",
    ),
    "a list of nonsense": Fault(
        lambda lab: lab.faults.answer("/pools", 200, "OK", body=b'{"data":{"odd":1}}'),
        unread={"pool"},
        partial={"pool"},
        reason="not a list of objects",
    ),
}


@pytest.fixture(scope="module")
def healthy():
    with Lab() as lab:
        return rows(read(lab))["resources"]["pve"]


@pytest.fixture
def lab():
    with Lab() as lab:
        yield lab


def _ours(names: set[str], lab: Lab) -> set[str]:
    """The keys that a fault names; `guest@NODE` is every guest there."""
    found = {name for name in names if "@" not in name}
    for name in names - found:
        node = name.partition("@")[2]
        found |= {f"guest/{vmid}" for vmid, guest in lab.state.guests.items() if guest.node == node}
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost(lab, healthy, name):
    fault = FAULTS[name]
    hidden = _ours(fault.unread, lab)
    fault.begin(lab)
    started = time.monotonic()
    snapshot = read(lab, timeout=fault.timeout)
    assert time.monotonic() - started < LATE
    told = scopes(snapshot)
    for kind, scope in told.items():
        complete = scope.listed == "complete"
        assert complete is (kind not in fault.partial) or kind in fault.possible, f"{kind}: {scope.problem}"
        assert scope.listed == "complete" or fault.reason in str(scope.problem)
    lost = _all(healthy) - _all(rows(snapshot)["resources"]["pve"])
    unread = {f"{kind}/{at}": why for kind, scope in told.items() for at, why in scope.unread.items()}
    allowed = (*hidden, *fault.gone, *fault.partial, *fault.possible)
    for at in lost:
        proven = told[at.partition("/")[0]].listed == "complete"
        assert at in unread or at in fault.gone or not proven, f"{at} is gone without a word"
        assert any(_is(at, named) for named in allowed), f"{at} need not be lost"
    assert all(fault.reason in str(why) for at, why in unread.items() if at in lost)
    assert not hidden or lost, "all was read: this is no fault"


def _is(at: str, named: str) -> bool:
    return at == named or ("/" not in named and at.startswith(f"{named}/"))


def _all(found: dict[str, Any]) -> set[str]:
    return {f"{kind}/{identity}" for kind, each in found.items() for identity in each}


def test_a_401_in_mid_run_ends_the_source_and_proves_nothing(lab):
    lab.faults.answer("/qemu/101/pending", 401, "invalid token value!")
    snapshot = read(lab)
    assert snapshot.run.sources["pve"].status == "partial", "what was read before stands"
    failed = {kind for kind, scope in scopes(snapshot).items() if scope.listed == "failed"}
    several = {"guest", "pool", "ha-rule", "sdn-vnet", "ipset", "security-group", "firewall"}
    several |= {"realm", "notification-target", "metric-server"}
    assert failed == several, "what was begun before the guests stands, and what needs more requests fails"
    assert "401" in str(scopes(snapshot)["guest"].problem)
    assert "guest" not in rows(snapshot)["resources"].get("pve", {})
