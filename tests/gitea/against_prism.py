"""Every method of our client against a mock server made of an OpenAPI document of Gitea or Forgejo.

    python -m tests.gitea.against_prism swagger.v1.json

The document is what each server has at `/swagger.v1.json`; it is not part of this repository, so this is no
test of `make test`. Prism (npm `@stoplight/prism-cli`) checks each request against it, makes the answers of
its examples, and answers with any documented fault that is asked for.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from reconciler.config.gitea import GiteaSettings
from reconciler.gitea.client import Gitea
from reconciler.gitea.errors import GiteaError
from reconciler.gitea.place import HostedPlace
from tests.gitea.test_client import CALLS

PRISM = "@stoplight/prism-cli@5.16.0"
FAULTS = (403, 404, 422, 423, 500)
_START_SECONDS = 120


def main(file: Path) -> int:
    with tempfile.TemporaryDirectory() as folder, prism(prefixed(file, Path(folder))) as server:
        rows = [*results(server)]
    for name, outcome in rows:
        print(f"{name:32} {outcome}")
    failed = [name for name, outcome in rows if outcome.startswith("FAILED")]
    print(f"{len(rows)} calls, {len(failed)} failed")
    return bool(failed)


def prefixed(file: Path, folder: Path) -> Path:
    """Write the document with `/api/v1` in its paths: Prism leaves out `basePath` of Swagger 2."""
    document = json.loads(file.read_bytes())
    base = document.pop("basePath", "")
    base = "/api/v1" if "{{" in base else base
    document["paths"] = {f"{base}{path}": value for path, value in document["paths"].items()}
    made = folder / "openapi.json"
    made.write_text(json.dumps(document))
    return made


@contextmanager
def prism(file: Path) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = ["npx", "--yes", PRISM, "mock", "--host", "127.0.0.1", "--port", str(port), str(file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        ends = time.monotonic() + _START_SECONDS
        while time.monotonic() < ends and process.poll() is None:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def results(server: str) -> Iterator[tuple[str, str]]:
    settings = GiteaSettings(timeout=timedelta(seconds=30))
    calls = {"get_user": lambda gitea: gitea.get_user(), **CALLS}
    for name, call in calls.items():
        for fault in (None, *FAULTS):
            with Gitea(HostedPlace(server, "", "ops", "site"), "job-token", settings, Path()) as gitea:
                if fault:
                    gitea._client.send_always("Prefer", f"code={fault}")
                elif name.startswith("list_") and name != "list_comments":
                    gitea._pages = _first_page(gitea)  # type: ignore[method-assign]
                yield f"{name} {fault or ''}", outcome(gitea, call, fault)


def _first_page(gitea):
    """A mock of examples has the same rows on every page."""
    ask = gitea._ask

    def pages(model, path, params, doing, scope):
        response = ask("GET", path, doing, scope, params={**params, "page": 1, "limit": 50})
        return iter(gitea._parse(list[model], response, doing))  # type: ignore[valid-type]

    return pages


def outcome(gitea, call, fault):
    try:
        call(gitea)
    except GiteaError as error:
        if fault is None:
            return f"FAILED {error}"
        documented = error.status == fault
        return "as documented" if documented else f"this fault is not documented: {error.status}"
    return "ok"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
