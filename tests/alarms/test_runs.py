"""Whole runs against the lab, with sinks that are real servers."""

import json
import re
import subprocess
import sys

import pytest

from tests.alarms.receivers import http_receiver


def bodies(receiver):
    return [json.loads(each.body) for each in receiver.received]


def webhook(name, url, more=""):
    return f'- {{name: {name}, type: webhook, url: "{url}"{more}}}\n'


def configure(site, lab, *sinks, history="{}", more=""):
    site.configure(site.source(lab), history=history, more=f"alarms:\n{''.join(sinks)}{more}")
    site.commit()


def states(site, pulse="drift-pulse"):
    return json.loads(site.git("show", f"{pulse}:alarms.json"))["sinks"]


def test_a_sink_gets_what_changed_once(lab, site, receiver):
    configure(site, lab, webhook("chat", receiver.url), more="publish: {address: https://drift.lan/}\n")
    assert site.run("run") == 0
    assert receiver.received == []  # nothing stands, so there is nothing to summarise
    lab.state.remove_guest(120)
    assert site.run("run") == 2
    assert site.run("run") == 2
    (first,) = bodies(receiver)
    assert (first["first"], first["counts"], first["open"]) == (True, {"open": 1}, {"error": 1})
    assert first["link"] == "https://drift.lan/drift"

    lab.state.edit_guest(113, memory="16384")
    assert site.run("run") == 2
    assert site.run("run") == 2
    (_, second) = bodies(receiver)
    assert (second["first"], second["counts"], second["severity"]) == (False, {"new": 1}, "warning")
    assert [each["key"] for each in second["changes"]] == ["pve/guest/113"]
    assert second["text"].splitlines() == [
        "lan-main: 1 new cause (DRIFTED, 1 error, 1 warning)",
        "! `db-01` (`pve/guest/113`): `memory is 16384; 32768 is declared`",
        "https://drift.lan/drift",
    ]

    lab.state.edit_guest(113, memory="32768")
    assert site.run("run") == 2
    third = bodies(receiver)[-1]
    assert (third["counts"], third["severity"]) == ({"resolved": 1}, "info")
    lab.state.edit_guest(113, memory="8192")
    assert site.run("run") == 2
    assert bodies(receiver)[-1]["counts"] == {"reopened": 1}
    assert len(receiver.received) == 4


def test_a_sink_that_is_down_fails_nothing_and_gets_it_with_the_next_run(lab, site, receiver, capsys):
    with http_receiver() as other:
        configure(site, lab, webhook("down", receiver.url), webhook("up", other.url))
        receiver.status = 503
        lab.state.remove_guest(120)
        assert site.run("run") == 2
        warned = capsys.readouterr().err
        assert "warning: alarms: down: 127.0.0.1:" in warned
        assert "answers 503" in warned
        assert [each["counts"] for each in bodies(other)] == [{"open": 1}]
        assert list(states(site)) == ["up"]

        receiver.status, receiver.received = 200, []
        lab.state.edit_guest(113, memory="16384")
        assert site.run("run") == 2
        assert [each["counts"] for each in bodies(receiver)] == [{"open": 2}]
        assert bodies(other)[-1]["counts"] == {"new": 1}


def test_a_source_that_fails_is_told_and_nothing_of_it_is_resolved(lab, site, receiver):
    configure(site, lab, webhook("chat", receiver.url))
    lab.state.remove_guest(120)
    assert site.run("run") == 2
    configure(site, lab, webhook("chat", receiver.url))
    text = (site.root / "config/reconciler.yaml").read_text()
    site.write("config/reconciler.yaml", text.replace(", ".join(lab.hosts), "127.0.0.1:1"))
    assert site.run("run") == 1
    told = bodies(receiver)[-1]
    assert told["counts"] == {}
    assert [(each["name"], each["status"], each["before"]) for each in told["sources"]] == [
        ("pve", "failed", "complete")
    ]
    assert "▲ pve cannot be read: " in told["text"]
    assert site.run("run") == 1
    assert len(receiver.received) == 2
    site.write("config/reconciler.yaml", text)
    assert site.run("run") == 2
    back = bodies(receiver)[-1]
    assert (back["counts"], back["sources"][0]["status"]) == ({}, "complete")


@pytest.mark.parametrize("fault", ["load", "record", "publish"])
def test_a_step_that_fails_is_told_once_and_so_is_its_return(lab, site, receiver, fault, tmp_path):
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "remote.git"], check=True)
    site.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    configure(site, lab, webhook("chat", receiver.url), history="{push: origin}")
    lab.state.remove_guest(120)
    assert site.run("run") == 2
    restore = FAULTS[fault](site)
    assert site.run("run") == 1
    assert site.run("run") == 1
    failed = bodies(receiver)[1:]
    assert [[(each["step"], each["working"]) for each in one["steps"]] for one in failed] == [
        [(fault, False)]
    ]
    assert failed[0]["severity"] == "error"
    assert failed[0]["counts"] == {}
    restore()
    assert site.run("run") == 2
    assert [(each["step"], each["working"]) for each in bodies(receiver)[-1]["steps"]] == [(fault, True)]
    assert bodies(receiver)[-1]["counts"] == {}
    assert len(receiver.received) == 3


def test_a_fault_of_ours_that_ends_a_run_is_an_alarm_without_any_value(lab, site, receiver, monkeypatch):
    configure(site, lab, webhook("chat", receiver.url))
    assert site.run("run") == 0

    def fails(*_arguments):
        raise KeyError("5ecret")

    with monkeypatch.context() as broken:
        broken.setattr("reconciler.jobs.steps.identify", fails)
        assert site.run("run") == 1
    (step,) = bodies(receiver)[-1]["steps"]
    assert (step["step"], step["working"]) == ("load", False)
    assert (step["problem"]["subject"], step["problem"]["cause"]) == ("run", "internal")
    assert step["problem"]["what"].startswith("failed unexpectedly: KeyError at reconciler.jobs.steps:")
    assert "5ecret" not in json.dumps(bodies(receiver))
    assert site.run("run") == 0
    assert [each["working"] for each in bodies(receiver)[-1]["steps"]] == [True]


def invalid_desired_state(site):
    file = site.root / "desired-state/pve/guest.yaml"
    good = file.read_text()
    file.write_text(f"{good}\n999999: {{nonsense: 1}}\n")
    return lambda: file.write_text(good)


def remote_that_refuses(site):
    hook = site.root.parent / "remote.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    return hook.unlink


def folder_that_is_a_file(site):
    public = site.root / "public"
    public.rename(site.root / "moved")
    public.write_text("")

    def restore():
        public.unlink()
        (site.root / "moved").rename(public)

    return restore


FAULTS = {"load": invalid_desired_state, "record": remote_that_refuses, "publish": folder_that_is_a_file}


def test_what_cannot_be_kept_is_sent_again(lab, site, receiver, capsys):
    configure(site, lab, webhook("chat", receiver.url))
    lab.state.remove_guest(120)
    (site.root / ".git/reconciler.lock").mkdir()  # nothing can be recorded, not even in this clone
    assert site.run("run") == 1
    assert "warning: " in (warned := capsys.readouterr().err)
    assert "what was sent could not be kept, and is sent again" in warned
    assert site.run("run") == 1
    assert [each["first"] for each in bodies(receiver)] == [True, True]
    assert [[step["step"] for step in each["steps"]] for each in bodies(receiver)] == [["record"], ["record"]]


def test_without_alarms_nothing_of_them_is_imported(lab, site):
    site.configure(site.source(lab))
    site.commit()
    code = (
        "import sys; from reconciler.cli.main import run; run(['run']); "
        "sys.exit(str([name for name in sys.modules if 'alarms' in name or name == 'smtplib']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=site.root, capture_output=True, text=True, timeout=60
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_try_alarms_sends_a_test_and_reports_each_sink(lab, site, receiver, capsys):
    configure(site, lab, webhook("chat", receiver.url), webhook("hidden", "${CHAT_URL}"))
    assert site.run("try-alarms") == 1
    shown = capsys.readouterr()
    assert shown.out == "chat: delivered\nhidden: not delivered\n"
    assert "alarms: hidden: the environment variable CHAT_URL is not set; export CHAT_URL" in shown.err
    assert site.run("try-alarms", "chat") == 0
    assert [each["kind"] for each in bodies(receiver)] == ["test", "test"]
    assert receiver.received[0].headers["x-reconciler-event"] == "test"
    assert site.run("try-alarms", "chatt") == 64
    assert "no sink is named chatt (did you mean chat?); choose from chat, hidden" in capsys.readouterr().err
    site.monkeypatch.setenv("CHAT_URL", "file:///etc/passwd")
    assert site.run("try-alarms", "hidden") == 1
    refused = capsys.readouterr().err
    assert "the environment variable CHAT_URL is not a web address" in refused
    assert "passwd" not in refused


def test_a_kind_that_no_source_has_is_an_error_with_its_place(lab, site, receiver, capsys):
    configure(
        site, lab, webhook("chat", receiver.url, ", kinds: [pve/guest, pve/gest, '*/proxyhost', nmp/*]")
    )
    assert site.run("validate") == 1
    shown = capsys.readouterr().err
    assert "reconciler.yaml:4:" in shown
    assert (
        "alarms[0].kinds[1]: pve/gest matches no configured source and kind (did you mean pve/guest?)"
        in shown
    )
    assert "alarms[0].kinds[2]: */proxyhost matches no configured source and kind" in shown
    assert "alarms[0].kinds[3]: nmp/* matches no configured source and kind" in shown


def test_a_pull_request_that_would_send_a_secret_elsewhere_is_noticed(lab, site, capsys):
    ntfy = '- {name: phone, type: ntfy, url: "https://ntfy.lan/drift", token: "${NTFY_TOKEN}"}\n'
    configure(site, lab, ntfy)
    thief = f'- {{name: more, type: ntfy, url: "https://evil.lan/x", token: "${{{secret_of(site)}}}"}}\n'
    site.configure(site.source(lab), more=f"alarms:\n{ntfy.replace('ntfy.lan', 'evil.lan')}{thief}")
    assert site.run("validate") == 0
    warned = capsys.readouterr().err
    assert (
        "alarms[0].url: was https://ntfy.lan/drift: its secrets would be sent to https://evil.lan/drift"
        in warned
    )
    assert (
        f"alarms[1].token: ${{{secret_of(site)}}} is the secret of pve, and would be sent to https://evil"
        in warned
    )


def secret_of(site):
    """The variable with the secret of the source."""
    return re.findall(r"token_secret: \$\{(\w+)\}", (site.root / "config/reconciler.yaml").read_text())[0]
