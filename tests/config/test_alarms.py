"""The entries of `alarms:`: every mistake with its place, all at once."""

import re

import pytest

from reconciler.config.file import load_config
from reconciler.config.kind_pattern import matches, unmatched
from reconciler.errors import ConfigError
from reconciler.kinds import settings
from reconciler.publish.schemas import schemas

HEAD = """\
site: x
sources:
- {name: pve, type: proxmox, hosts: [pve.lan], token_id: drift@pve!reader, token_secret: "${X}"}
"""


def load(tmp_path, alarms, head=HEAD):
    file = tmp_path / "config/reconciler.yaml"
    file.parent.mkdir()
    file.write_text(head + alarms)
    return load_config(file, settings())


MISTAKES = """\
alarms:
- {name: a, type: webhook, url: "ftp://x"}
- {name: a, type: emial}
- {name: b, type: email, host: "smtp.lan:25", form: a@b.c, to: [x], security: none, user: u, password: "${P}"}
- {name: c, type: ntfy, url: "https://ntfy.lan", kinds: [foo], severty: error, token: literal}
- 7
- {name: d, type: email, host: smtp.lan, from: "a@b.c\\nBcc: x@y.z", to: [], user: u}
- {name: E, type: ntfy, url: "https://user:pw@ntfy.lan/t", timeout: 11m}
- {type: webhook, url: "https://x.lan/a b", severity: critical}
- {name: f}
"""


def test_every_mistake_is_reported_with_its_place(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, MISTAKES, f"{HEAD}history: {{pulse: null}}\n")
    found = [re.sub(r"^.*reconciler.yaml:", "", str(each)) for each in caught.value.problems]
    starts = [
        "5:1: alarms: need history.pulse, which keeps what each sink was sent",
        "6:28: alarms[0].url: is not a web address",
        '7:4: alarms[1].name: "a" is also the name of another sink',
        '7:13: alarms[1].type: must be one of email, ntfy, webhook, not "emial" (did you mean email?)',
        "8:3: alarms[2].from: is missing",
        "8:26: alarms[2].host: is not the name or address of a host",
        "8:47: alarms[2].form: unknown key (did you mean from?)",
        "8:65: alarms[2].to[0]: is not an e-mail address",
        "8:94: alarms[2].password: would be sent in clear text",
        "9:25: alarms[3].url: is not the address of a topic",
        "9:58: alarms[3].kinds[0]: is not source/kind",
        "9:64: alarms[3].severty: unknown key (did you mean severity?)",
        "9:80: alarms[3].token: is a secret and must not be written here",
        "10:3: alarms[4]: must be a mapping",
        "11:42: alarms[5].from: is not an e-mail address",
        "11:69: alarms[5].to: must have 1 entries or more",
        "12:4: alarms[6].name: must match",
        "12:25: alarms[6].url: is not a web address",
        "12:60: alarms[6].timeout: is longer than 10m",
        "13:3: alarms[7].name: is missing",
        "13:19: alarms[7].url: is not a web address",
        "13:45: alarms[7].severity: must be",
        "14:3: alarms[8].type: is missing; write one of email, ntfy, webhook",
    ]
    assert [line for line, start in zip(found, starts, strict=True) if not line.startswith(start)] == []
    assert not any("pw@" in line or "literal" in line for line in found)


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        (
            "{name: d, type: email, host: s.lan, from: a@b.c, to: [a@b.c], user: u}",
            "user and password belong together",
        ),
        (
            "{name: d, type: email, host: s.lan, security: none, from: a@b.c, to: [a@b.c], password: '${P}'}",
            "password: would be sent in clear text; set security to starttls or tls",
        ),
        (
            '{name: d, type: webhook, url: "https://x.lan/", fingerprint: "x", ca_file: y}',
            "is not a SHA-256 fingerprint",
        ),
    ],
)
def test_settings_that_do_not_go_together(tmp_path, entry, what):
    with pytest.raises(ConfigError, match=re.escape(what)):
        load(tmp_path, f"alarms:\n- {entry}\n")


@pytest.mark.parametrize("pulse", ["", "history: {pulse: my-pulse}\n", "history: {branch: null}\n"])
def test_alarms_need_no_more_than_a_pulse(tmp_path, pulse):
    (sink,) = load(tmp_path, f'{pulse}alarms:\n- {{name: a, type: webhook, url: "${{URL}}"}}\n').alarms
    assert (sink.name, sink.severity, sink.kinds, sink.tags) == ("a", "warning", [], [])


def test_the_secrets_of_sinks_are_kept_from_git(tmp_path):
    config = load(
        tmp_path,
        'alarms:\n- {name: a, type: webhook, url: "${URL}", secret: "${KEY}"}\n'
        '- {name: b, type: ntfy, url: "https://ntfy.lan/x", token: "${TOKEN}"}\n',
    )
    assert {"URL", "KEY", "TOKEN"} <= config.secret_variables


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_from_the_security(tmp_path, security, port):
    entry = f"{{name: a, type: email, host: s.lan, security: {security}, from: a@b.c, to: [a@b.c]}}"
    (sink,) = load(tmp_path, f"alarms:\n- {entry}\n").alarms
    assert sink.type == "email"
    assert getattr(sink, "connects_to", None) == port


@pytest.mark.parametrize("address", ["https://drift.lan", "https://drift.lan/site/", "http://127.0.0.1:8080"])
def test_the_address_of_the_pages_has_no_slash_at_its_end(tmp_path, address):
    assert load(tmp_path, f"publish: {{address: '{address}'}}\n").settings.publish.address == address.rstrip(
        "/"
    )


@pytest.mark.parametrize(
    "address", ["drift.lan", "https://u:p@drift.lan", "https://drift.lan/?q", "https://drift.lan/.."]
)
def test_any_other_address_of_the_pages_is_a_mistake(tmp_path, address):
    with pytest.raises(ConfigError, match="is not the web address of the pages"):
        load(tmp_path, f"publish: {{address: '{address}'}}\n")


@pytest.mark.parametrize(
    ("pattern", "source", "kind", "expected"),
    [
        ("pve/guest", "pve", "guest", True),
        ("pve/guest", "pve", "node", False),
        ("pve/*", "pve", "node", True),
        ("*/guest", "other", "guest", True),
        ("*/*", "a", "b", True),
        ("npm/*", "pve", "guest", False),
        ("pve/guest", "pve", "*", True),
        ("npm/guest", "pve", "*", False),
    ],
)
def test_a_pattern_matches(pattern, source, kind, expected):
    assert matches(pattern, source, kind) is expected


def test_a_pattern_without_a_kind_has_near_ones():
    kinds = {"pve": ["guest", "node"], "npm": ["proxy-host"]}
    found = dict(unmatched(["pve/gest", "*/guest", "npm/*", "nmp/*", "*/nothing"], kinds))
    assert {name: sorted(near) for name, near in found.items()} == {
        "pve/gest": ["pve/guest", "pve/node"],
        "nmp/*": ["npm/*", "pve/*"],
        "*/nothing": ["*/guest", "*/node", "*/proxy-host"],
    }


def test_the_schema_of_the_file_has_each_type_of_sink():
    document = schemas((), ())["config"].document()
    sinks = document["properties"]["alarms"]["items"]
    assert set(sinks["discriminator"]["mapping"]) == {"webhook", "email", "ntfy"}
    assert "from" in document["$defs"]["EmailSink"]["properties"]
