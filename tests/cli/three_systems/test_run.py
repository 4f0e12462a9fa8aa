"""The whole job on the whole site: Proxmox VE, UniFi and the proxy manager in one run."""

import json

import pytest

from reconciler.model.findings import OF_COMPARISON


def test_the_example_is_in_sync_and_all_of_it_is_declared(lab, site, capsys):
    assert site.run("run") == 0, capsys.readouterr().out
    summary = site.report()["summary"]
    assert summary["verdict"] == "in_sync"
    assert {each["source"] for each in site.report()["scopes"]} == {"pve", "unifi", "npm", "site"}
    assert "unmanaged" not in set(site.report()["verdicts"].values())


def test_an_unchanged_site_commits_nothing_while_clients_roam_and_counters_run(lab, site, capsys):
    assert site.run("run") == 0, capsys.readouterr().out
    tip, live = site.git("rev-parse", "drift-state"), site.git("rev-parse", "drift-state:reports/latest/live")
    turns = lab.unifi.turn
    for seed in (1, 2, 3):
        lab.quirks.shuffle(seed)
        lab.unifi.form = lab.npm.form = f"seed {seed}"
        assert site.run("run") == 0, capsys.readouterr().out
        assert site.git("rev-parse", "drift-state") == tip
        assert site.git("rev-parse", "drift-state:reports/latest/live") == live
    assert lab.unifi.turn > turns + 30, "clients roamed and counters ran"


def test_a_whole_run_only_reads_but_for_the_logins(lab, site):
    site.run("run")
    for name, allowed in (("unifi", set()), ("npm", {"POST /api/tokens"})):
        requests = lab.served(name).requests
        assert {line for line in requests if not line.startswith("GET ")} == allowed
    assert {line.split()[0] for line in lab.requests} == {"GET"}


def test_drift_of_every_system_is_found_where_it_is_declared(lab, site, capsys):
    lists = lab.unifi.lists
    network = next(row for row in lists["rest/networkconf"] if row["name"] == "Servers")
    network["dhcpd_stop"] = "192.168.11.240"
    lists["rest/portforward"].pop(0)
    lists["static-dns"].append({"key": "new.lan.example", "record_type": "A", "value": "192.168.11.9"})
    lab.npm.lists["streams"][0]["forwarding_host"] = "192.168.11.116"
    lab.state.edit_guest(113, memory="16384")
    assert site.run("run") == 2
    found = {each["key"]: each for each in site.report()["findings"] if each["type"] in OF_COMPARISON}
    assert {key: each["type"] for key, each in found.items()} == {
        "unifi/network/Servers": "drifted",
        "unifi/port-forward/wan:tcp:443": "missing",
        "unifi/static-dns/A:new.lan.example": "unmanaged",
        "npm/stream/2222/tcp": "drifted",
        "pve/guest/113": "drifted",
    }
    change = found["unifi/network/Servers"]["change"]
    assert change.pop("declared_at").startswith("desired-state/unifi/network.yaml:")
    assert change == {
        "path": "/dhcpd_stop",
        "desired": "192.168.11.250",
        "live": "192.168.11.240",
        "declared": True,
    }
    assert "desired-state/npm/stream.yaml:" in capsys.readouterr().out


def test_every_resource_has_its_document(lab, site):
    site.run("run")
    tree = site.root / "public/current/v1"
    for name in (
        "networks/unifi/Servers",
        "switch-ports/unifi/74:AC:B9:00:00:02:1",
        "clients/unifi/BC:24:11:0B:00:65",
    ):
        assert (tree / f"inventory/{name}.json").is_file(), name
    document = json.loads((tree / "inventory/proxy-hosts/npm/git.lan.example.json").read_text())
    assert document["data"]["fields"]["forward_port"] == 3000
    clients = json.loads((tree / "inventory/clients.json").read_text())
    assert "&lt;b&gt;" not in json.dumps(clients)
    assert (tree / "inventory/certificates/npm/~2A.lan.example~2Clan.example.json").is_file()


@pytest.mark.parametrize("name", ["unifi", "npm"])
def test_a_source_that_is_down_leaves_its_own_unverified_and_the_others_as_they_are(lab, site, name, capsys):
    assert site.run("run") == 0
    lab.served(name).server.close_host(0)
    assert site.run("run") == 3
    verdicts = site.report()["verdicts"]
    assert {verdict for key, verdict in verdicts.items() if key.startswith(f"{name}/")} == {"unverified"}
    assert {verdict for key, verdict in verdicts.items() if not key.startswith(f"{name}/")} == {"in_sync"}
    out = capsys.readouterr().out
    assert "cannot be reached (connection refused)" in out
    lab.served(name).server.open_host(0)
    assert site.run("run") == 0


def test_a_secret_that_changed_is_an_event_and_its_value_is_nowhere(lab, site, capsys):
    assert site.run("run") == 0
    lab.npm.lists["proxy-hosts"][2]["advanced_config"] = "proxy_set_header X-Key another-lab-key;"
    assert site.run("run") == 0, "nobody declared it"
    out = capsys.readouterr().out
    assert "npm/proxy-host/vault.lan.example: secret-changed" in out
    assert "another-lab-key" not in out
    assert site.commits() == 2


def test_another_fingerprint_key_is_another_baseline_and_no_drift(lab, site, capsys):
    assert site.run("run") == 0
    site.monkeypatch.setenv("RECONCILER_FINGERPRINT_KEY", "another key of enough characters")
    assert site.run("run") == 0
    assert "secret-changed" not in capsys.readouterr().out
    assert site.run("run") == 0
    assert "nothing changed, no commit" in capsys.readouterr().out


def test_two_rows_with_one_name_are_told(lab, site):
    networks = lab.unifi.lists["rest/networkconf"]
    networks.append({**networks[2], "_id": "f" * 24, "vlan": 99})
    assert site.run("run") == 2
    (finding,) = [each for each in site.report()["findings"] if each["type"] == "ambiguous-id"]
    assert (finding["key"], finding["related"]) == ("unifi/network/Servers", ["unifi/network/Servers~2"])


def test_findings_of_what_is_declared_of_the_site_alone_stand_until_it_is_declared_no_more(lab, site, capsys):
    lab.state.remove_guest(120)
    known = {"pve/guest/120", "site/address/192.168.11.120"}
    for _ in range(2):
        assert site.run("run") == 2
        assert {each["key"] for each in site.report()["findings"] if each["severity"] != "info"} <= known
        assert known <= {each["key"] for each in site.report()["findings"]}
        assert site.report()["unconfirmed"] == []
    assert site.commits() == 1
    file = site.root / "desired-state/site/address.yaml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("192.168.11.120:")))
    assert site.run("run") == 2, capsys.readouterr().out
    assert "site/address/192.168.11.120" not in site.report()["verdicts"]
    assert "site/address/192.168.11.120" not in {each["key"] for each in site.report()["findings"]}


def test_a_copy_with_the_mac_address_of_another_has_neither_its_address_nor_its_switch_port(lab, site):
    nic = "virtio=BC:24:11:0B:00:79,bridge=vmbr0,firewall=1,tag=11"
    for number in (100, 197, 198):
        lab.state.add_guest(number, node="r630-04", power="stopped", name=f"copy-{number}", net0=nic)
    for _ in range(3):
        assert site.run("run") == 2
        said = {(each["type"], each["key"]) for each in site.report()["findings"]}
        assert {rule for rule, _ in said if rule.startswith(("duplicate", "cable"))} == {"duplicate-mac"}
        assert site.commits() == 1
