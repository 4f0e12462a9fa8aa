"""`reconciler doctor` against a cluster in every state that keeps a first run from being whole."""

import json

import pytest

from tests.site_repository import SiteRepository

DEAD = "127.0.0.1:1"


@pytest.fixture
def site(tmp_path, monkeypatch):
    return SiteRepository(tmp_path / "site", monkeypatch)


def told(site, capsys, *sources, code):
    """The lines of the report, blanks made one."""
    site.configure(*sources)
    capsys.readouterr()
    assert site.run("doctor", "--verbose") == code
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_healthy_cluster(lab, site, capsys):
    host = lab.hosts[0]
    lines = told(site, capsys, site.source(lab, hosts=host), code=0)
    assert lines[0] == "pve"
    assert lines[1].startswith(f"ok host {host} answers in ")
    assert lines[2].startswith(f"ok tls {host}: the certificate is trusted by {lab.ca_file}, until 20")
    assert lines[3] == (
        "certificate of O=PVE Cluster Node,CN=127.0.0.1, signed by"
        " O=PVE Cluster Manager CA,CN=Proxmox Virtual Environment"
    )
    assert lines[4] == "for localhost and 127.0.0.1"
    assert lines[5].startswith("valid from 20")
    assert lines[6] == f"SHA-256 {lab.fingerprint}"
    assert lines[7].startswith(f"ok clock {host} and this machine agree within ")
    assert lines[8 : lines.index("git")] == [
        "ok version Proxmox VE 9.2.3",
        "ok right VM.Audit on /vms: all guests are visible",
        "ok right Sys.Audit on /nodes: all nodes are visible",
        "ok right Datastore.Audit on /storage: all storages are visible",
        "ok right Pool.Audit on /pool: all pools are visible",
        "ok right SDN.Audit on /sdn: all bridges and SDN are visible",
        "ok right Mapping.Audit on /mapping: all resource mappings are visible",
        "ok right Sys.Audit on /access: all access rules are visible",
        "ok right Sys.Audit on /access/groups: all users, tokens and second factors are visible",
        "ok right Sys.Audit on /: jobs, high availability, firewalls and metric servers can be read",
        "ok right Mapping.Audit on /mapping/notifications: notification targets and matchers can be read",
        "ok right Sys.Audit on /access/realm: settings of realms can be read",
        "ok right every list can be read in full",
        "ok right VM.GuestAgent.Audit on /vms: addresses from guest agents",
        "note right backups on local, pbs are hidden: `backup: {max_age: …}` cannot be evaluated",
        "→ grant Datastore.AllocateSpace on the storage and VM.Backup on /vms",
        "ok quorum the cluster of 5 nodes has quorum",
        *(
            f"ok {kind} {count} read, the list is complete"
            for kind, count in [
                ("cluster", 1),
                ("node-network", 25),
                ("node", 5),
                ("guest", 61),
                ("guest-snapshot", 3),
                ("storage", 5),
                ("pool", 3),
                ("resource-mapping", 3),
                ("disk", 8),
                ("backup-job", 2),
                ("replication-job", 1),
                ("ha-resource", 2),
                ("ha-rule", 2),
                ("sdn-zone", 1),
                ("sdn-vnet", 1),
                ("firewall", 7),
                ("security-group", 1),
                ("ipset", 1),
                ("alias", 1),
                ("group", 2),
                ("user", 5),
                ("token", 12),
                ("acl", 15),
                ("role", 1),
                ("realm", 4),
                ("realm-sync-job", 1),
                ("sdn-controller", 1),
                ("sdn-fabric", 1),
                ("sdn-fabric-node", 2),
                ("node-config", 5),
                ("notification-target", 4),
                ("notification-matcher", 2),
                ("metric-server", 1),
            ]
        ),
    ]
    at = lines.index("site")
    assert lines[at + 1 : at + 3] == [
        "note fingerprint_key is not set: changed secrets are not noticed",
        "→ set fingerprint_key to a reference such as ${RECONCILER_FINGERPRINT_KEY}",
    ]
    assert lines[-1] == "Ready (nothing is declared yet): reconciler adopt --write"
    assert {line.split()[0] for line in lab.requests} == {"GET"}


def test_an_offline_node_a_dead_host_and_a_wrong_clock(lab, site, capsys):
    lab.state.set_node_online("r630-02", online=False)
    lab.faults.skew = -3600
    lines = told(site, capsys, site.source(lab, hosts=f"{DEAD}, {lab.hosts[0]}"), code=3)
    assert f"warning host {DEAD}: connection refused" in lines, "another host answers"
    assert any("s behind this machine: ages" in line for line in lines if line.startswith("warning clock"))
    assert "bad node r630-02 is offline; nothing on it can be read" in lines
    assert "bad guest 36 read, the list is complete" in lines
    assert "25 unread: node r630-02: offline" in lines


GRANT = "→ run: pveum acl modify {} --roles PVEAuditor --users reconciler@pve --tokens 'reconciler@pve!{}'"


@pytest.mark.parametrize(
    ("token", "said", "where"),
    [
        ("norights", "bad right the token has no rights; with privilege separation it needs", "/"),
        ("blind", "bad right guests: the token lacks VM.Audit on /vms/106", "/vms/106"),
        ("partial", "bad right guests: the token lacks VM.Audit on /", "/"),
        ("shallow", "bad right nodes: the token lacks Sys.Audit on /", "/"),
    ],
)
def test_rights_that_lack_are_told_with_the_command(lab, site, capsys, token, said, where):
    source = site.source(lab, hosts=lab.hosts[0], token_id=f"reconciler@pve!{token}")
    lines = told(site, capsys, source, code=3)
    (at,) = [number for number, line in enumerate(lines) if line.startswith(said)][:1]
    assert lines[at + 1] == GRANT.format(where, token)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/mapping/notifications", "notification targets and matchers: the token lacks Mapping.Audit on {}"),
        ("/access/groups", "users, tokens and second factors: the token lacks Sys.Audit on {}"),
        ("/access", "access rules: the token lacks Sys.Audit on {}"),
        ("/access/realm", "settings of realms: the token lacks Sys.Audit on {}"),
    ],
)
def test_a_right_that_lacks_on_a_path_is_told_with_that_path(lab, site, capsys, path, said):
    lab.state.set_acl(path, lab.token_id, "PVEPoolUser")
    lines = told(site, capsys, site.source(lab, hosts=lab.hosts[0]), code=3)
    (at,) = [number for number, line in enumerate(lines) if line.startswith(f"bad right {said.format(path)}")]
    assert lines[at + 1] == GRANT.format(path, "drift")


def test_a_token_without_the_agents_right(lab, site, capsys):
    source = site.source(lab, hosts=lab.hosts[0], token_id="reconciler@pve!agentless")
    lines = told(site, capsys, source, code=0)
    assert any(line.startswith("note right the token lacks VM.GuestAgent.Audit on /vms") for line in lines)


def test_the_agents_right_has_another_name_on_8(lab, site, capsys):
    lab.faults.answer("/version", 200, "OK", body=b'{"data":{"version":"8.4.5","release":"8.4"}}')
    lines = told(site, capsys, site.source(lab, hosts=lab.hosts[0]), code=0)
    assert any(line.startswith("note right the token lacks VM.Monitor on /vms") for line in lines)


def test_no_quorum(lab, site, capsys):
    lab.state.set_quorate(quorate=False)
    lines = told(site, capsys, site.source(lab, hosts=lab.hosts[0]), code=3)
    at = lines.index("bad quorum the cluster has no quorum, so its lists may be outdated")
    assert lines[at + 1] == "→ bring more nodes online"
    assert "ok right VM.Audit on /vms: all guests are visible" in lines, "rights are told apart from quorum"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"trust": f"fingerprint: '{':'.join(['AB'] * 32)}'"},
            "the certificate's fingerprint is not the configured one",
        ),
        ({"trust": "verify_tls: true"}, "the TLS certificate is not trusted"),
        ({"hosts": DEAD}, "connection refused"),
        ({"secret": "11111111-1ab0-4000-8000-00000000dead"}, "the token is refused (401"),
        ({"token_id": "reconciler@pve!expired"}, "the token is refused (401"),
    ],
    ids=["fingerprint", "untrusted", "down", "wrong secret", "expired"],
)
def test_a_source_that_cannot_be_read(lab, site, capsys, changes, said):
    lines = told(site, capsys, site.source(lab, **{"hosts": lab.hosts[0], **changes}), code=1)
    assert any(said in line for line in lines if line.startswith("bad ")), lines
    assert lab.token_secret not in "".join(lines)


def test_what_needs_no_authority(lab, site, capsys):
    unverified = told(site, capsys, site.source(lab, hosts=lab.hosts[0], trust="verify_tls: false"), code=0)
    assert any(
        line.startswith("warning tls") and "any certificate is accepted" in line for line in unverified
    )


def test_a_certificate_that_ends_soon(lab, site, capsys, monkeypatch):
    from datetime import timedelta

    from reconciler.collectors.http import probe

    monkeypatch.setattr(probe, "SOON", timedelta(days=10_000))
    lines = told(site, capsys, site.source(lab, hosts=lab.hosts[0]), code=0)
    assert any(line.startswith("warning tls") for line in lines)
    assert (
        "→ renew it with `pvecm updatecerts --force` on that node, then `systemctl restart pveproxy`" in lines
    )


def test_json_and_a_source_that_fails_beside_one_that_does_not(lab, site, capsys):
    site.configure(site.source(lab, hosts=lab.hosts[0]), site.source(lab, name="other", hosts=DEAD))
    assert site.run("doctor", "--format", "json") == 3
    document = json.loads(capsys.readouterr().out)
    assert {name: each["status"] for name, each in document["sources"].items()} == {
        "pve": "complete",
        "other": "failed",
    }
    (check,) = document["sources"]["other"]["checks"]
    assert (check["name"], check["state"]) == ("host", "bad")
    assert document["sources"]["pve"]["scopes"][0]["listed"] == "complete"


def test_a_wrong_config_is_told_as_ever(site, capsys):
    site.write("config/reconciler.yaml", "site: lan\n")
    assert site.run("doctor") == 1
    assert "sources: is missing" in capsys.readouterr().err


@pytest.fixture
def three(lab, site):
    """The site of all three systems, as `doctor` lines by source."""
    site.configure_all(lab)

    def lines(capsys, *, code):
        capsys.readouterr()
        assert site.run("doctor", "--verbose") == code
        found: dict[str, list[str]] = {}
        name = ""
        for line in capsys.readouterr().out.splitlines():
            if line and not line.startswith(" "):
                name = line
            else:
                found.setdefault(name, []).append(" ".join(line.split()))
        return found

    return lines


def test_unifi_and_the_proxy_manager_when_all_is_well(lab, three, capsys):
    found = three(capsys, code=0)
    unifi, npm = found["unifi"], found["npm"]
    facts = [line for line in unifi if line.split()[0] in {"ok", "warning", "bad"}]
    assert [line.split()[1] for line in facts[:3]] == ["host", "tls", "clock"]
    assert facts[3:8] == [
        "ok version a UniFi OS console, UniFi Network 10.5.66",
        "ok api the classic and v2 APIs answer",
        "ok api the integration API answers",
        "ok right the account is View Only",
        "ok firewall the site has the zone-based firewall",
    ]
    assert "1 row has no mac and is left out" in unifi
    at = next(number for number, line in enumerate(npm) if line.startswith("ok version"))
    assert npm[at : at + 2] == ["ok version version 2.15.1", "ok right the account sees all items"]
    assert lab.unifi.logins == 0
    assert lab.served("npm").requests["POST /api/tokens"] == 1, "one login, not one more for doctor"


def test_a_key_for_one_api_and_an_account_that_owns_nothing(lab, site, three, capsys):
    lab.unifi.key_opens = "integration"
    lab.state.npm["users"]["reader@lan.example"]["visibility"] = "user"
    found = three(capsys, code=3)
    assert any("bad api the key opens only the integration API (401 api.err.LoginRequired)" in line
               for line in found["unifi"])  # fmt: skip
    assert "→ also set username and password of a local account with the role View Only" in found["unifi"]
    assert "bad right streams: the account sees only its own items" in found["npm"]
    assert "→ set its visibility to all items: Users, Permissions" in found["npm"]


def test_more_rights_than_reading_needs(lab, site, three, capsys):
    lab.state.unifi["keys"]["unifi-1ab0-key-of-the-reader"] = "admin"
    lab.state.npm["users"]["reader@lan.example"]["roles"] = ["admin"]
    found = three(capsys, code=0)
    assert "warning right the account is an administrator, which is more than reading needs" in found["unifi"]
    assert "warning right the account is an administrator, which is more than reading needs" in found["npm"]


def test_a_controller_and_a_manager_that_let_nobody_in(lab, site, three, capsys):
    site.monkeypatch.setenv("UNIFI_API_KEY", "wrong")
    site.monkeypatch.setenv("NPM_PASSWORD", "wrong")
    found = three(capsys, code=3)
    (unifi,) = [line for line in found["unifi"] if line.startswith("bad")]
    assert unifi.startswith("bad lists none can be read: 127.0.0.1")
    assert "the API key is refused (401 api.err.LoginRequired); check UNIFI_API_KEY" in unifi
    (npm,) = [line for line in found["npm"] if line.startswith("bad")]
    assert "the login is refused (401 Invalid email or password); check username and NPM_PASSWORD" in npm


def test_a_server_that_is_not_there_or_not_trusted(lab, site, three, capsys):
    file = site.root / "config/reconciler.yaml"
    file.write_text(
        file.read_text()
        .replace(lab.served("unifi").url, "https://127.0.0.1:1")
        .replace(f"{lab.served('npm').url}\n", f"{lab.served('npm').url}\n    verify_tls: false\n")
    )
    text = file.read_text()
    npm = text[text.index("name: npm") :]
    file.write_text(text.replace(npm, npm.replace("    ca_file: config/ca.pem\n", "")))
    found = three(capsys, code=3)
    assert found["unifi"][0] == "bad host 127.0.0.1:1: connection refused"
    assert any(
        line.startswith("warning tls") and "any certificate is accepted" in line for line in found["npm"]
    )


LONG, OTHER, SHORT = "k" * 32, "o" * 64, "k" * 31
CURRENT = "fingerprint_key: ${FINGERPRINT_KEY}"
BOTH = CURRENT + "\nfingerprint_key_previous: ${FINGERPRINT_OLD}"


@pytest.mark.parametrize(
    ("now", "settings", "line", "remedy", "code"),
    [
        (LONG, CURRENT, "ok fingerprint_key has the id", "", 0),
        (
            OTHER,
            CURRENT,
            "warning fingerprint_key has the id",
            "→ if it was replaced, set fingerprint_key_prev",
            0,
        ),
        (OTHER, BOTH, "ok fingerprint_key has the id", "", 0),
        (
            "",
            CURRENT,
            "bad fingerprint_key the environment variable FINGERPRINT_KEY is not set",
            "→ export",
            1,
        ),
        (
            SHORT,
            CURRENT,
            "bad fingerprint_key FINGERPRINT_KEY has fewer than 32",
            "→ make one with `openssl",
            1,
        ),
        (
            "",
            "",
            "bad fingerprint_key is not set, and fingerprints of key",
            "→ set the key that made them",
            3,
        ),
    ],
    ids=["kept", "replaced", "bridged", "lost", "short", "no longer set"],
)
def test_a_fingerprint_key_that_was_lost_or_replaced(lab, site, capsys, now, settings, line, remedy, code):
    site.monkeypatch.setenv("FINGERPRINT_KEY", LONG)
    lab.state.edit_guest(101, description="a note")
    site.configure(site.source(lab), more=f"{CURRENT}\n")
    site.write("desired-state/pve/guest.yaml", "{}")
    site.commit()
    site.run("run")
    site.monkeypatch.setenv("FINGERPRINT_KEY", now)
    site.monkeypatch.setenv("FINGERPRINT_OLD", LONG)
    site.configure(site.source(lab), more=f"{settings}\n")
    capsys.readouterr()
    assert site.run("doctor", "--verbose") == code
    lines = [" ".join(each.split()) for each in capsys.readouterr().out.splitlines()]
    found = lines[lines.index("site") + 1 :]
    assert found[0].startswith(line)
    assert "".join(found[1:]).startswith(remedy)
