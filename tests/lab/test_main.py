"""The lab as a process of its own."""

import io
import json
import signal
import subprocess
import sys

from reconciler.lab.__main__ import main
from tests.lab.client import trusting


def start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "reconciler.lab", *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_it_says_where_it_listens_and_ends_with_its_input():
    with start("--guests", "70", "--hosts", "2", "--latency", "1") as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        headers = {"Authorization": f"PVEAPIToken={facts['token_id']}={facts['token_secret']}"}
        url = f"https://{facts['hosts'][1]}/api2/json/cluster/resources"
        with trusting(facts["ca_file"]) as pool:
            rows = pool.request("GET", url, fields={"type": "vm"}, headers=headers)
        process.communicate(timeout=60)

    assert len(rows.json()["data"]) == facts["guests"] == 70
    assert len(facts["hosts"]) == 2
    assert process.returncode == 0


def test_it_ends_at_sigterm():
    with start() as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)

    assert process.returncode == 0


def test_it_runs_in_process():
    output = io.StringIO()
    main(["--shuffle", "3"], stdin=io.StringIO(), stdout=output)

    assert json.loads(output.getvalue())["guests"] == 61
