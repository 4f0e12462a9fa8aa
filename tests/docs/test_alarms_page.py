"""`docs/alarms.md`: its examples are read by the code, and its message comes from a real run."""

import re
import subprocess
import sys
from email.header import decode_header
from pathlib import Path

import pytest

from reconciler.alarms.sinks.webhook import SIGNATURE, signature
from reconciler.config.file import load_config
from reconciler.kinds import settings
from reconciler.lab import Lab
from tests.alarms.receivers import http_receiver
from tests.site_repository import SiteRepository

PAGE = (Path(__file__).parents[2] / "docs/alarms.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


SITE = """\
site: lan-main
sources:
- {name: pve, type: proxmox, hosts: [pve.lan], token_id: drift@pve!reader, token_secret: "${X}"}
"""


@pytest.mark.parametrize("example", blocks("yaml"))
def test_each_example_of_the_configuration_is_valid(tmp_path, example):
    (tmp_path / "config").mkdir()
    file = tmp_path / "config/reconciler.yaml"
    file.write_text(SITE + example)
    config = load_config(file, settings())
    assert config.alarms or config.settings.gitea.issue


def test_the_examples_have_every_type_of_sink():
    assert set(re.findall(r"type: (\w+)", "".join(blocks("yaml")))) == {"webhook", "ntfy", "email"}


def test_the_signature_is_checked_by_the_lines_of_the_page(tmp_path):
    (code,) = blocks("python")
    body = b'{"kind": "alarm"}'
    for signed, expected in ((signature("key", body), "True"), (signature("other", body), "False")):
        given = f"body, headers, key = {body!r}, {{{SIGNATURE!r}: {signed!r}}}, 'key'\n"
        program = f"{given}{code}\nprint(genuine)"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected
    assert len(code.splitlines()) <= 5


def test_the_message_is_that_of_a_run(tmp_path, monkeypatch):
    with Lab() as lab, http_receiver() as receiver:
        site = SiteRepository(tmp_path / "site", monkeypatch)
        site.declare_example()
        sink = f'alarms:\n- {{name: phone, type: ntfy, url: "{receiver.url}/drift"}}\n'
        site.configure(site.source(lab), more=sink)
        site.commit()
        lab.state.edit_guest(122, memory="4096")
        site.run("run")
        lab.state.edit_guest(122, memory="2048")
        lab.state.remove_guest(120)
        lab.state.set_node_online("r630-03", online=False)
        site.run("run")
        request = receiver.received[-1]
    ((title, _),) = decode_header(request.headers["title"])
    shown = f"{title if isinstance(title, str) else title.decode()}\n{request.body.decode()}"
    assert shown in blocks(""), f"the page has another message than a run makes:\n{shown}"
