"""Who made a change: from the logs of the sources into the report, the record and its next runs."""

import json


def _findings(site):
    return {
        f"{finding['key']} {finding.get('change', {}).get('path', finding['type'])}": finding
        for finding in site.report()["findings"]
    }


def _accounts(entry):
    return [(act["account"], act["what"]) for act in entry.get("who", ())]


def test_tasks_and_events_are_kept_with_what_they_explain(lab, site):
    assert site.run("run") == 0
    state = lab.state
    state.remove_guest(120)
    state.log_task("vzdestroy", 120, "r630-01", "root@pam")
    state.edit_guest(113, memory="16384")
    state.log_line("ann@pve", "<ann@pve> update VM 113: -memory 16384 -cipassword geheim")
    state.log_task("vncproxy", 113, "r630-01", "eve@pve")
    state.set_power(145, "stopped")
    state.log_task("vzstop", 145, "r630-02", "bob@pve", tokenid="ci")
    with state.lock:
        lab.unifi.events.append(
            {"key": "EVT_AD_Login", "time": 1000 * state.tasks[-1]["starttime"], "admin": "carol@example.org"}
        )
        lab.unifi.lists["rest/portforward"][0]["name"] = "other"
    assert site.run("run") == 2
    found = _findings(site)
    assert _accounts(found["pve/guest/120 missing"]) == [("root@pam", "vzdestroy")]
    assert _accounts(found["pve/guest/113 /memory"]) == [], "without Sys.Syslog the log is not shown"
    assert _accounts(found["pve/guest/145 target-stopped"]) == [("bob@pve!ci", "vzstop")]
    text = json.dumps(site.report())
    assert "geheim" not in text
    assert "example.org" not in text.replace("@lan.example", "")
    assert site.run("run") == 2
    assert _accounts(_findings(site)["pve/guest/120 missing"]) == [("root@pam", "vzdestroy")]


def test_a_change_of_configuration_is_named_where_the_log_may_be_read(lab, site):
    roles = lab.state.access["roles"]
    roles["AuditorWithLog"] = [*roles["PVEAuditor"], "Sys.Syslog"]
    for subject in ("reconciler@pve", "reconciler@pve!drift"):
        lab.state.set_acl("/", subject, "AuditorWithLog")
    site.leave_undeclared("pve/acl.yaml")
    assert site.run("run") == 0
    lab.state.edit_guest(113, memory="16384")
    lab.state.log_line("ann@pve", "<ann@pve> update VM 113: -memory 16384")
    assert site.run("run") == 2
    assert _accounts(_findings(site)["pve/guest/113 /memory"]) == [("ann@pve", "update VM 113")]


def test_a_source_without_these_lists_is_as_complete_as_before(lab, site):
    for path in ("cluster/tasks", "cluster/log", "stat/event"):
        lab.faults.answer(path, 501, "Not implemented")
    assert site.run("run") == 0
    lab.state.remove_guest(120)
    assert site.run("run") == 2
    assert site.report()["summary"]["verdict"] == "drifted"
    assert _accounts(_findings(site)["pve/guest/120 missing"]) == []
