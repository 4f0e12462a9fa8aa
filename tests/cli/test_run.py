import json
import re
import time
from typing import Any

import pytest
from markdown_it import MarkdownIt

from reconciler.errors import Problem
from tests.site_repository import SiteRepository

DEAD = "127.0.0.1:1"


def _errors(capsys) -> str:
    out, err = capsys.readouterr()
    return out + err


@pytest.mark.parametrize("history", ["{branch: null}", "{}"], ids=["checked-out branch", "own branch"])
def test_an_unchanged_site_is_byte_identical_and_commits_nothing(lab, site, history, capsys):
    site.configure(site.source(lab), history=history)
    site.commit()
    branch = "main" if "null" in history else "drift-state"
    assert site.run("run") == 0, _errors(capsys)
    tip, live = site.git("rev-parse", branch), site.git("ls-tree", "-r", branch, "reports/latest/live")
    for seed in (1, 2, 3):
        lab.quirks.shuffle(seed)
        assert site.run("run") == 0, _errors(capsys)
        assert site.git("rev-parse", branch) == tip
        assert site.git("ls-tree", "-r", branch, "reports/latest/live") == live
    assert "nothing changed, no commit" in capsys.readouterr().out
    assert site.git("status", "--porcelain") == ""


def test_drift_is_found_recorded_published_and_goes_away(lab, site, capsys):
    site.configure(site.source(lab))
    site.commit()
    lab.state.edit_guest(113, memory="16384")
    lab.state.remove_guest(120)
    lab.state.add_guest(199, node="r630-03", name="rogue", memory="512")
    assert site.run("run") == 2
    out = capsys.readouterr().out
    assert "pve/guest/113" in out
    assert re.search(r"desired-state/pve/guest\.yaml:\d+", out)
    findings = {each["key"]: each for each in site.report()["findings"]}
    change = findings["pve/guest/113"]["change"]
    assert (change["path"], change["desired"], change["live"]) == ("/memory", 32768, 16384)
    assert change["declared_at"].startswith("desired-state/pve/guest.yaml:")
    assert findings["pve/guest/120"]["type"] == "missing"
    assert findings["pve/guest/199"]["type"] == "unmanaged"
    published = json.loads((site.root / "public/current/v1/summary.json").read_text())
    assert published["data"]["verdicts"]["missing"] == 1

    first_seen = findings["pve/guest/113"]["first_seen"]
    lab.state.edit_guest(113, memory="8192")
    assert site.run("run") == 2
    (finding,) = [each for each in site.report()["findings"] if each["key"] == "pve/guest/113"]
    assert (finding["change"]["live"], finding["first_seen"]) == (8192, first_seen)
    assert finding["id"] == findings["pve/guest/113"]["id"]

    lab.state.edit_guest(113, memory="32768")
    assert site.run("run", "--fail-on", "never") == 0
    assert "pve/guest/113" in {each["key"] for each in site.report()["resolved"]}
    assert site.commits() == 3


SEEN_BY_ALL = {"role", "realm", "user", "token"}
"""Every token sees the roles and realms, and its own user with its tokens."""


def verdicts_of_the_restricted(site):
    """The verdicts of what a token sees by its rights only."""
    verdicts = site.report()["verdicts"]
    return {verdict for key, verdict in verdicts.items() if key.split("/")[1] not in SEEN_BY_ALL}


def test_a_token_without_rights_verifies_nothing_and_misses_nothing(quiet_lab, site, capsys):
    site.configure(site.source(quiet_lab, token_id="reconciler@pve!norights"))
    site.commit()
    assert site.run("run") == 3, _errors(capsys)
    assert verdicts_of_the_restricted(site) == {"unverified"}
    assert "pveum" in capsys.readouterr().out


def test_a_token_that_loses_its_rights_keeps_the_last_good_rows(lab, site):
    site.configure(site.source(lab))
    site.commit()
    assert site.run("run") == 0
    before = site.git("show", "drift-state:reports/latest/live/pve/guest.json")
    lab.state.set_acl("/", lab.token_id, None)
    assert site.run("run") == 3
    assert verdicts_of_the_restricted(site) == {"unverified"}
    assert site.git("show", "drift-state:reports/latest/live/pve/guest.json") == before
    guest = json.loads((site.root / "public/current/v1/inventory/guests/pve/113.json").read_text())
    assert guest["data"]["verdict"] == "unverified"
    assert "as_of" in json.dumps(guest)


def test_guests_of_an_offline_node_are_unverified_and_another_missing_guest_is_still_missing(lab, site):
    site.configure(site.source(lab))
    site.commit()
    assert site.run("run") == 0
    lab.state.set_node_online("r630-02", online=False)
    lab.state.remove_guest(113)
    assert site.run("run") == 3
    verdicts = site.report()["verdicts"]
    assert verdicts["pve/guest/137"] == "unverified"
    assert verdicts["pve/guest/113"] == "missing"
    assert verdicts["pve/guest/101"] == "in_sync"
    problem = next(each["problem"] for each in site.report()["findings"] if each["key"] == "pve/guest/137")
    assert (problem["cause"], problem["subject"]) == ("node-offline", "node r630-02")


TROUBLE = {
    "unreachable host": ({"hosts": DEAD}, r"127\.0\.0\.1:1.*(refused|reach)"),
    "wrong token": ({"secret": "00000000-0000-4000-8000-00000badbad0"}, r"127\.0\.0\.1:\d+.*token"),
    "secret of two lines": ({"secret": "5ecret-one\n5ecret-two"}, r"PVE_TOKEN_SECRET_PVE has a line break"),
    "expired token": ({"token_id": "reconciler@pve!expired"}, r"127\.0\.0\.1:\d+.*token"),
    "untrusted certificate": ({"trust": "verify_tls: true"}, r"127\.0\.0\.1:\d+.*certificate"),
    "wrong fingerprint": (
        {"trust": f"fingerprint: '{':'.join(['AB'] * 32)}'"},
        r"127\.0\.0\.1:\d+.*fingerprint",
    ),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_a_source_in_trouble_is_one_line_with_host_cause_and_remedy(quiet_lab, site, name, capsys):
    changes, pattern = TROUBLE[name]
    broken = site.source(quiet_lab, **changes)
    secret = changes.get("secret", quiet_lab.token_secret)
    site.configure(broken)
    site.commit()
    assert site.run("run") == 1
    text = _errors(capsys)
    assert not [part for part in secret.split() if part in text]
    status = json.loads(site.git("show", "drift-state:reports/latest/run.json"))["run"]["sources"]["pve"]
    assert status["status"] == "failed"
    problem = Problem(**status["problem"])
    assert re.search(pattern, str(problem)), problem
    assert problem.remedy
    assert problem.cause != "other"
    assert "\n" not in str(problem)
    assert "missing" not in set(site.report()["verdicts"].values())
    everything = site.git("grep", "--cached", "-h", ".") + site.git("log", "--all", "-p")
    everything += "".join(path.read_text() for path in (site.root / "public").rglob("*.json"))
    assert not [part for part in secret.split() if part in everything]


@pytest.mark.parametrize("name", ["unreachable host", "wrong token"])
def test_a_source_in_trouble_does_not_stop_the_others(quiet_lab, site, name, capsys):
    changes, _ = TROUBLE[name]
    site.configure(site.source(quiet_lab, name="other"), site.source(quiet_lab, **changes))
    site.commit()
    assert site.run("run") == 3, _errors(capsys)
    sources = site.report()["run"]["sources"]
    assert (sources["other"]["status"], sources["pve"]["status"]) == ("complete", "failed")


def test_an_unset_variable_is_named(quiet_lab, site, monkeypatch, capsys):
    site.configure(site.source(quiet_lab))
    site.commit()
    monkeypatch.delenv("PVE_TOKEN_SECRET_PVE")
    assert site.run("run") == 1
    assert "PVE_TOKEN_SECRET_PVE is not set" in _errors(capsys).replace("\n", " ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("site: lan-main\n", ""), "site: is missing"),
        (lambda text: "intervall: 5m\n" + text, "did you mean interval"),
        (lambda text: text.replace("${PVE_TOKEN_SECRET_PVE}", "11111111-aaaa"), "must not be written here"),
    ],
    ids=["missing key", "unknown key", "literal secret"],
)
def test_a_wrong_config_is_told_with_its_place_before_anything_is_asked(
    quiet_lab, site, change, message, capsys
):
    site.configure(site.source(quiet_lab))
    file = site.root / "config/reconciler.yaml"
    file.write_text(change(file.read_text()))
    asked = quiet_lab.requests.total()
    assert site.run("run") == 1
    text = _errors(capsys)
    assert message in text
    assert re.search(r"config/reconciler\.yaml:\d+:\d+: ", text)
    assert "11111111-aaaa" not in text
    assert quiet_lab.requests.total() == asked


DESIRED = {
    "misspelt field": (b"101: {memroy: 4096}\n", "did you mean memory"),
    "wrong type": (b"101: {memory: lots}\n", "must be a whole number"),
    "duplicate key": (b"101: {}\n101: {}\n", "a second key"),
    "alias": (b"101: &a {cores: 1}\n102: *a\n", "alias"),
    "2 MB": (b"101: {name: " + b"x" * 2_000_000 + b"}\n", "MiB"),
    "bomb": (b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "a"),
    "too deep": (b"[" * 3000, "deep"),
}


@pytest.mark.parametrize("name", DESIRED)
def test_wrong_desired_state_is_told_with_its_place_before_anything_is_asked(quiet_lab, site, name, capsys):
    data, message = DESIRED[name]
    site.configure(site.source(quiet_lab))
    site.write("desired-state/pve/guest.yaml", data)
    asked = quiet_lab.requests.total()
    for command in ("validate", "run"):
        assert site.run(command) == 1
        text = _errors(capsys)
        assert message in text
        assert "desired-state/pve/guest.yaml" in text
        assert len(text.splitlines()) < 20
    assert quiet_lab.requests.total() == asked


NOWHERE_TO_RECORD = {
    "no such remote": ("{push: upstream}", (), "this repository has no remote named upstream"),
    "no branch checked out": ("{branch: null}", ("checkout", "--quiet", "--detach"), "no branch checked out"),
    "in the way of a work tree": ("{branch: main}", (), "a run would move it there"),
    "the pulse on the branch": ("{branch: null, pulse: main}", (), "is also the branch of the history"),
}


@pytest.mark.parametrize("name", NOWHERE_TO_RECORD)
def test_what_cannot_be_recorded_is_told_before_anything_is_asked(quiet_lab, site, name, capsys):
    history, command, message = NOWHERE_TO_RECORD[name]
    site.configure(site.source(quiet_lab), history=history)
    site.commit()
    if command:
        site.git(*command)
    asked = quiet_lab.requests.total()
    assert site.run("run") == 1
    assert message in _errors(capsys)
    assert quiet_lab.requests.total() == asked
    assert not (site.root / "public").exists()


HOSTILE = [
    "../../etc/x",
    "<script>alert(1)</script>",
    "`a|b`",
    "x" * 5000,
    "a\x1b[31mred\x07",
    "\u202eevil\u2066",
]


def test_hostile_names_stay_text_everywhere(lab, site, capsys):
    site.configure(site.source(lab))
    site.commit()
    for number, name in enumerate(HOSTILE):
        lab.state.add_guest(9000 + number, node="ml110", name=name, memory="512")
    outputs = {name: site.root / f"report.{name}" for name in ("text", "json", "markdown")}
    arguments = [f"--output={name}:{path}" for name, path in outputs.items()]
    assert site.run("run", *arguments) in {0, 2, 3}
    texts = [capsys.readouterr().out, *(path.read_text() for path in outputs.values())]
    texts += [path.read_text() for path in (site.root / "public/current").rglob("*.json")]
    texts.append(site.git("show", "drift-state:reports/latest/drift.md"))
    for number, text in enumerate(texts):
        if text.startswith("**"):
            tokens = MarkdownIt("commonmark", {"html": True}).parse(text)
            html = [token.content for token in tokens if token.type == "html_block"]
            assert all(each.startswith(("<details><summary>", "</details>")) for each in html)
            inline = {child.type for token in tokens for child in token.children or []}
            assert "html_inline" not in inline
        else:
            assert number in {0, 1} or "<script>" not in text  # a terminal and a log know no markup
        assert not set(text) & {"\x1b", "\x07", "\u202e", "\u2066"}
    for path in (site.root / "public").rglob("*"):
        assert path.resolve().is_relative_to((site.root / "public").resolve())
    names = {
        json.loads(path.read_text())["data"]["fields"].get("name")
        for path in (site.root / "public/current/v1/inventory/guests/pve").glob("900*.json")
    }
    assert set(HOSTILE) <= names, "the values themselves are kept"


def test_a_run_only_ever_gets(lab, site):
    site.configure(site.source(lab))
    site.commit()
    site.run("run")
    assert {line.split()[0] for line in lab.requests} == {"GET"}


def test_notes_that_are_not_read_cannot_be_declared(quiet_lab, site, capsys):
    site.configure(site.source(quiet_lab))
    site.write("desired-state/pve/pool.yaml", "web:\n  comment: mine\n")
    assert site.run("validate") == 1
    assert "pool.yaml:2:3: web.comment: is not read from pve" in _errors(capsys)
    site.configure(site.source(quiet_lab) + "    store_descriptions: true\n")
    assert site.run("validate") == 0


def test_a_list_to_accept_that_there_is_not_is_wrong_usage(quiet_lab, site, capsys):
    site.configure(site.source(quiet_lab))
    site.commit()
    assert site.run("run", "--accept-missing", "pve/gest") == 64
    assert (
        "pve/gest: is not a configured source and kind; choose one of pve/cluster, pve/node, pve/guest"
        in _errors(capsys)
    )


def test_a_node_that_is_declared_away_alarms_nobody(lab, site):
    site.configure(site.source(lab))
    site.commit()
    assert site.run("run") == 0
    lab.state.set_node_online("r630-02", online=False)
    assert site.run("run") == 3
    text = (site.root / "desired-state/pve/node.yaml").read_text()
    site.write("desired-state/pve/node.yaml", text.replace("r630-02:\n", "r630-02:\n  expected: offline\n"))
    site.commit()
    assert site.run("run") == 0
    report = site.report()
    unverified = [finding for finding in report["findings"] if finding["type"] == "unverified"]
    assert {finding.get("ignored_by") for finding in unverified} == {"desired-state/pve/node.yaml:19"}
    assert report["summary"]["ignored"] == len(unverified) > 25
    assert report["degraded"]["pve/node/r630-02"] == "it is offline"
    lab.state.set_node_online("r630-02", online=True)
    assert site.run("run") == 2
    (finding,) = [each for each in site.report()["findings"] if each["type"] == "drifted"]
    change = finding["change"]
    assert (change["path"], change["desired"], change["live"]) == ("/expected", "offline", "online")


def test_placement_and_backups_are_judged_by_what_is_declared(lab, site):
    site.configure(site.source(lab))
    site.commit()
    assert site.run("run") == 0
    declared = "113: {allowed_nodes: [r630-01, r630-02], backup: {max_age: 26h}}\n"
    site.write("desired-state/pve/guest.yaml", declared)
    site.commit()
    assert site.run("run") == 3, "a token that may only audit does not see backups"
    (finding,) = [each for each in site.report()["findings"] if each["key"] == "pve/guest/113"]
    assert finding["type"] == "unverified"
    assert "the token lacks Datastore.AllocateSpace" in finding["problem"]["what"]

    roles = lab.state.access["roles"]
    roles["Backups"] = ["Datastore.AllocateSpace", "VM.Backup", *roles["PVEAuditor"]]
    for who in ("reconciler@pve", lab.token_id):
        lab.state.set_acl("/", who, "Backups")
    site.leave_undeclared("pve/acl.yaml")
    lab.state.move_guest(113, "r630-02")
    assert site.run("run") == 0
    (event,) = [each for each in site.report()["events"] if "/acl/" not in each["key"]]
    assert (event["key"], event["what"]) == ("pve/guest/113", "moved")
    assert (event["old"], event["new"]) == ("r630-01", "r630-02")

    lab.state.move_guest(113, "ml110")
    lab.state.backups["pbs"] = [(113, int(time.time()) - 27 * 3600)]
    assert site.run("run") == 2
    found = [each["change"] for each in site.report()["findings"] if "change" in each]
    changes = {change["path"]: change for change in found}
    assert changes["/allowed_nodes"]["live"] == "ml110"
    assert changes["/backup/max_age"]["desired"] == "26h"


def test_what_is_ignored_is_told_and_alarms_nobody(lab, site, capsys):
    site.configure(site.source(lab))
    rule = (
        "- {target: {source: pve, kind: guest, id: 1?3}, path: /memory, reason: trial, expires: 2999-12-31}\n"
    )
    site.write("config/ignore.yaml", rule)
    site.commit()
    lab.state.edit_guest(113, memory="1024")
    assert site.run("validate") == 0
    assert "1 ignore rule" in capsys.readouterr().out
    assert site.run("run") == 0
    assert "Silenced      1 finding by 1 rule\n" in capsys.readouterr().out
    assert site.run("drift", "--verbose") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "1 finding of pve/guest/1?3/memory: trial (until 2999-12-31; config/ignore.yaml:1)" in printed
    assert site.report()["summary"]["ignored"] == 1
    site.write("config/ignore.yaml", "# moved\n" + rule)
    assert site.run("run") == 0
    assert "nothing changed, no commit" in capsys.readouterr().out, "where the rule stands is no news"
    site.write("config/ignore.yaml", rule.replace("2999", "2020"))
    assert site.run("run") == 2
    capsys.readouterr()
    assert site.run("run") == 2
    assert "nothing changed, no commit" in capsys.readouterr().out, "an expired rule is news once"
    found = {finding["type"]: finding for finding in site.report()["findings"]}
    assert found["expired-ignore-rule"]["declared_at"] == "config/ignore.yaml:1"
    expired = "/inventory/ignore-rules/site/pve~2Fguest~2F1~3F3~2Fmemory"
    document = json.loads((site.root / f"public/current/v1{expired}.json").read_text())
    assert document["data"]["link"] == f"/v1{expired}"
    assert document["data"]["verdict"] is document["data"]["managed"] is None
    assert [finding["type"] for finding in document["data"]["findings"]] == ["expired-ignore-rule"]
    site.write("config/ignore.yaml", rule.replace("guest", "gest"))
    site.write("desired-state/pve/pool.yaml", "staging: {gests: [1]}\n")
    asked = lab.requests.total()
    assert site.run("run") == 1
    told = _errors(capsys)
    assert "pve has no such kind (did you mean guest?)" in told
    assert "(did you mean guests?)" in told, "what is wrong with both files is told at once"
    assert lab.requests.total() == asked


def test_a_run_shows_its_report_before_it_says_that_it_could_not_push(pushed_site, capsys, tmp_path):
    site = pushed_site
    assert site.run("run") == 0
    tip = site.git("rev-parse", "origin/drift-state")
    site.git("remote", "set-url", "origin", str(tmp_path / "nowhere.git"))
    site.write("desired-state/pve/pool.yaml", "infra:\n  guests: [101]\n")
    capsys.readouterr()
    assert site.run("run") == 1
    out, err = capsys.readouterr()
    assert "pve/pool/infra" in out
    assert "error: origin: cannot be reached" in err
    assert site.git("rev-parse", "origin/drift-state") == tip


def test_a_run_whose_remote_is_away_is_published_and_pushed_later(pushed_site, capsys, tmp_path):
    site = pushed_site
    away = "nowhere.git"

    def health():
        return json.loads((site.root / "public/current/v1/health.json").read_text())["data"]["history"]

    assert site.run("run") in {0, 2}
    assert health()["pushed"] is True
    url = site.git("remote", "get-url", "origin")
    site.git("remote", "set-url", "origin", str(tmp_path / away))
    site.write("desired-state/pve/guest.yaml", "901: {memory: 1024}\n")
    site.commit()
    capsys.readouterr()
    assert site.run("run") == 1
    out, err = capsys.readouterr()
    assert "recorded, not pushed: commit " in out
    assert "published " in out
    assert "1 commit waits in this clone" in err
    waiting = health()
    assert (waiting["pushed"], waiting["serial"]) == (False, 2)
    assert site.run("publish") == 0
    assert health() == waiting
    site.git("remote", "set-url", "origin", url)
    capsys.readouterr()
    assert site.run("run") == 2
    assert "pushed what waited: 1 commit" in capsys.readouterr().out
    assert (health()["pushed"], health()["serial"]) == (True, 2)


def test_a_history_that_went_back_is_in_the_report_and_in_health(pushed_site, capsys):
    site = pushed_site
    site.run("run")
    site.write("desired-state/pve/guest.yaml", "901: {memory: 1024}\n")
    site.commit()
    site.run("run")
    url = site.git("remote", "get-url", "origin")
    site.git("push", "--quiet", "--force", url, "refs/remotes/origin/drift-state~:refs/heads/drift-state")
    capsys.readouterr()
    for _ in range(2):
        site.run("run")
        out, _err = capsys.readouterr()
        assert "History went back: " in " ".join(out.split())
        data = json.loads((site.root / "public/current/v1/health.json").read_text())["data"]
        lost = data["history"]["went_back"]
        assert lost["problem"]["what"] == "was set back: it had reached serial 2, and has 1 now"
        assert data["history"]["serial"] == 3
        assert "## History went back" in site.git(
            "show", "refs/remotes/origin/drift-state:reports/latest/drift.md"
        )


def test_what_nobody_committed_is_told(pushed_site, capsys):
    site = pushed_site
    site.write("desired-state/pve/pool.yaml", "infra:\n  guests: [101]\n")
    assert site.run("run") == 2
    assert "desired uncommitted" in capsys.readouterr().out
    run = site.report("origin/drift-state")["run"]
    assert "desired_commit" not in run
    assert run["desired_tree"]
    assert "Desired-Commit" not in site.git("log", "-1", "--format=%B", "origin/drift-state")


def test_a_cluster_that_lost_every_guest_is_believed_when_a_person_says_so(lab, tmp_path, monkeypatch):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    site.write("desired-state/pve/guest.yaml", "101: {}\n")
    site.configure(site.source(lab))
    site.commit()
    for vmid in list(lab.state.guests):
        lab.state.remove_guest(vmid)
    assert site.run("run") == 3
    problems = {finding["key"]: finding.get("problem", {}) for finding in site.report()["findings"]}
    assert "no guest is visible, but 1 should be" in problems["pve/guest/101"]["what"]
    assert site.report()["verdicts"]["pve/guest/101"] == "unverified"
    assert site.run("run", "--accept-missing", "pve/guest") == 2
    for arguments in ((), (), ("--accept-missing", "pve/guest")):
        assert site.report()["verdicts"]["pve/guest/101"] == "missing"
        assert site.run("run", *arguments) == 2
    lab.state.add_guest(101, node="ml110", name="web1")
    assert site.run("run") == 0
    assert site.report()["verdicts"]["pve/guest/101"] == "in_sync"


def test_a_finding_that_comes_back_keeps_its_date_and_shows_when_it_came_back(lab, site):
    site.configure(site.source(lab))
    site.commit()
    lab.state.edit_guest(113, memory="16384")
    assert site.run("run") == 2
    first = _of_113(site)
    lab.state.edit_guest(113, memory="32768")
    assert site.run("run") == 0
    entry = json.loads(site.git("show", "drift-state:reports/latest/ledger.json"))["findings"][first["id"]]
    assert entry["path"] == "/memory"
    assert entry["resolved_at"] >= entry["first_seen"]
    lab.state.edit_guest(113, memory="8192")
    assert site.run("run") == 2
    again = _of_113(site)
    assert again["first_seen"] == first["first_seen"]
    assert again["reopened"] == site.report()["run"]["collected_at"]
    assert (again["moved"], again["agreed"]) == ("live", 32768)


def _of_113(site: SiteRepository) -> dict[str, Any]:
    (finding,) = [each for each in site.report()["findings"] if each["key"] == "pve/guest/113"]
    return finding


def test_a_filter_for_the_record_is_named_with_the_line_that_exempts_it(lab, site, capsys):
    site.configure(site.source(lab), history="{branch: null}")
    site.write(".gitattributes", "*.json filter=lfs diff=lfs merge=lfs -text\n")
    site.commit()
    assert site.run("run") == 0
    line = "reports/** -filter -text"
    assert f"add this line to .gitattributes: {line}" in capsys.readouterr().err
    site.write(".gitattributes", f"*.json filter=lfs diff=lfs merge=lfs -text\n{line}\n")
    site.commit()
    assert site.run("run") == 0
    assert line not in capsys.readouterr().err
    assert site.git("status", "--porcelain") == ""
