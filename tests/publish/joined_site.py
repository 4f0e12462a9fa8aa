"""Views of sites made of plain rows, with all that is joined from them: for the pages that show it."""

from reconciler.config.settings import CapacitySettings
from reconciler.kinds import SYSTEMS
from reconciler.model.findings import DriftReport, Finding, finding_id
from reconciler.model.recorded import Recorded
from reconciler.model.summary import Summary
from reconciler.publish.view import view
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site.site_model import SiteModel
from tests.site.rows import SWITCH, address, built, evaluated, guest, interface, network, node, proxy_host

PLURALS = {
    kind.name: kind.plural
    for kind in (*(kind for system in SYSTEMS.values() for kind in system.kinds), *SITE_KINDS)
}


def shown(rows, **options):
    """The view of a site of rows, with a finding for each violation of a rule."""
    site = built(rows, **options)
    findings = tuple(
        Finding(
            id=finding_id(each.key, rule),
            key=each.key,
            type=rule,
            title=each.reason,
            severity="error",
            first_seen=site.run.collected_at,
        )
        for rule, violations in sorted(evaluated(site).violations.items())
        for each in sorted(violations)
    )
    summary = Summary(
        verdict="drifted",
        drifted=True,
        incomplete=False,
        resources=len(site.config),
        verdicts={},
        inventory=len(site.config),
        findings={"info": 0, "warning": 0, "error": len(findings)},
        ignored=0,
        coverage=1.0,
        headline="findings",
    )
    report = DriftReport(run=site.run, summary=summary, findings=findings, scopes=site.scopes, verdicts={})
    model = SiteModel(site, CapacitySettings())
    return view(Recorded(report=report, inventory=site, changed_at={}), PLURALS, model.documents())


def town(names, nodes=5):
    """A site of so many public names, each with a guest of its own, bonded nodes and declared cables."""
    rows = {"unifi/network/servers": network(20, "10.20.0.1/16")}
    for number in range(nodes):
        at = f"r{number}"
        nics = [f"eno{port}" for port in (1, 2)]
        rows |= {
            f"pve/node/{at}": node(at, memory=1 << 20),
            f"pve/node-network/{at}:vmbr0": interface("vmbr0", at, type="bridge", bridge_ports=["bond0"]),
            f"pve/node-network/{at}:bond0": interface("bond0", at, type="bond", slaves=nics),
        }
        for port, nic in enumerate(nics):
            id_ = f"{SWITCH}:{2 * number + port + 1}"
            rows |= {
                f"pve/node-network/{at}:{nic}": interface(nic, at),
                f"unifi/switch-port/{id_}": {"native_vlan": 1, "tagged_vlans": ["2-99"], "device": "Core"},
                f"site/cable/{at}:{nic}": {"to": id_},
            }
    for number in range(names):
        ip, mac = (
            f"10.20.{1 + number // 250}.{1 + number % 250}",
            f"BC:24:11:{number >> 8:02X}:{number & 255:02X}:00",
        )
        own = {"mac": mac, "tag": 20, "ip": f"{ip}/16"}
        rows |= {
            f"pve/guest/{1000 + number}": guest(
                number, node=f"r{number % nodes}", nic=own, name=f"app-{number}"
            ),
            f"npm/proxy-host/app-{number}.example.org": proxy_host(f"app-{number}.example.org", ip),
        }
        if number % 3:
            rows[f"site/address/{ip}"] = address(service=f"app {number}", owner=f"pve/guest/{1000 + number}")
    return rows
