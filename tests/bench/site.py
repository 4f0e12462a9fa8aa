"""A site of N guests: a lab in a process of its own, and what one run reads from it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler import kinds
from reconciler.config.file import Config, load_config

SECRET = "PVE_TOKEN_SECRET"

CONFIG = """\
site: bench
history: {{push: null}}
sources:
  - name: pve
    type: proxmox
    hosts: [{hosts}]
    token_id: {token_id}
    token_secret: ${{{secret}}}
    ca_file: {ca_file}
    connections: {connections}
"""


BESIDE = """\
  - name: unifi
    type: unifi
    url: {unifi}
    api_key: ${{UNIFI_API_KEY}}
    ca_file: {ca_file}
    connections: {connections}
  - name: npm
    type: npm
    url: {npm}
    username: reader@lan.example
    password: ${{NPM_PASSWORD}}
    ca_file: {ca_file}
    connections: {connections}
"""
"""The other two systems of the lab's site."""


@contextmanager
def lab(guests: int, latency_ms: float = 0) -> Iterator[dict[str, Any]]:
    """A lab with that many guests in another process; what it prints about itself."""
    command = [sys.executable, "-m", "reconciler.lab", "--guests", str(guests), "--latency", str(latency_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def configure(directory: Path, facts: dict[str, Any], connections: int = 4, *, whole: bool = False) -> Config:
    """A configuration that reads from a lab: its cluster, or with `whole` all three systems."""
    file = directory / "config" / "reconciler.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        CONFIG.format(
            hosts=facts["hosts"][0],
            token_id=facts["token_id"],
            secret=SECRET,
            ca_file=facts["ca_file"],
            connections=connections,
        )
        + (
            BESIDE.format(
                unifi=facts["unifi"]["url"],
                npm=facts["npm"]["url"],
                ca_file=facts["ca_file"],
                connections=connections,
            )
            if whole
            else ""
        )
    )
    return load_config(file, kinds.settings())
