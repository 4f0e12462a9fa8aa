"""All three systems are read through one HTTP client, and nothing else that knows HTTP is needed."""

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"requests", "httpx", "httpcore", "h11", "certifi"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())

from reconciler.lab import Lab
from tests.collectors.proxmox.lab_site import settings
from tests.collectors.sources import npm, read, unifi

with Lab(hosts=1) as lab:
    pve = settings(hosts=lab.hosts, ca_file=str(lab.ca_file))
    snapshot = read(pve, unifi(lab), npm(lab), secrets={"PVE_TOKEN_SECRET": lab.token_secret})
sources = {name: source.status for name, source in snapshot.run.sources.items()}
print(json.dumps({"sources": sources, "modules": sorted({"proxmoxer", "urllib3"} & set(sys.modules))}))
"""


def test_a_machine_without_requests_and_httpx_reads_all_systems():
    found = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == {
        "sources": {"pve": "complete", "unifi": "complete", "npm": "complete"},
        "modules": ["proxmoxer", "urllib3"],
    }
