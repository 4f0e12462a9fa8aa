"""Readers that know nothing but `/v1`: schemathesis, a generated client, and the dashboard of docs/api.md."""

import importlib
import json
import re
import subprocess
import sys
import urllib.request
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from reconciler.publish.serve.server import ReleaseServer
from tests.docs.generate import DOCS
from tests.publish.index import rows_of

PROGRAMS = f"{sys.prefix}/bin"


@pytest.fixture(scope="module")
def served(lab_site):
    with ReleaseServer(lab_site.root / "public") as server:
        yield server.url


def get(url, route):
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        connection.request("GET", route)
        answer = connection.getresponse()
        assert answer.status == 200, route
        return json.loads(answer.read())


def test_schemathesis_finds_nothing(served, tmp_path):
    command = [
        f"{PROGRAMS}/schemathesis",
        *("run", f"{served}/v1/openapi", "--url", served, "--no-color", "--max-examples", "2"),
        *("--phases", "examples,coverage", "--generation-deterministic", "--workers", "2"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    assert re.search(r"(\d+) generated, \1 passed", done.stdout), done.stdout[-6000:]


def test_the_dashboard_of_the_page_needs_three_requests(served, lab_site, monkeypatch, capsys):
    """It is run as docs/api.md has it, against the lab."""
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "api.md").read_text(), re.DOTALL)
    asked: list[str] = []
    opened = urllib.request.urlopen

    def counted(url, **more):
        asked.append(url)
        return opened(url, **more)

    monkeypatch.setattr(urllib.request, "urlopen", counted)
    exec(compile(code.replace("http://site.lan", served), "api.md", "exec"), {})
    assert len(asked) == 3
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("incomplete ")
    drift = get(served, "/v1/inventory/drift")["data"]["findings"]
    assert len(lines) == sum("ignored_by" not in each for each in drift) > 10
    assert any(line.startswith("error ") and "/v1/inventory/guests/pve/" in line for line in lines)


@pytest.fixture(scope="module")
def client(served, tmp_path_factory):
    """The package that a generator makes of the description as it is served."""
    folder = tmp_path_factory.mktemp("client")
    description = folder / "openapi.json"
    document = get(served, "/v1/openapi")
    del document["paths"]["/v1/feed"]  # the generator knows no XML
    description.write_text(json.dumps(document))
    made = folder / "reconciler_v1_client"
    config = folder / "config.yaml"
    config.write_text("post_hooks: []")  # nobody reads its source
    command = [f"{PROGRAMS}/openapi-python-client", "generate", "--fail-on-warning", "--meta", "none"]
    command += ["--path", str(description), "--output-path", str(made), "--config", str(config)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("reconciler_v1_client")


def call(client, served, operation, **parameters):
    module = importlib.import_module(f"{client.__name__}.api.default.{operation}")
    with client.Client(base_url=served, raise_on_unexpected_status=True) as connected:
        answer = module.sync_detailed(client=connected, **parameters)
    assert answer.status_code == 200
    return answer.parsed


def test_a_generated_client_reads_the_documents(client, served):
    summary = call(client, served, "summary")
    assert summary.data.verdict == "incomplete"
    assert summary.data.sources["pve"] == "partial"
    index = call(client, served, "index_resources")
    assert index.data.count == len(index.data.columns.id)
    portmap = call(client, served, "portmap_joined")
    assert {row.switch.confidence for row in portmap.data.rows} >= {"declared", "missing"}
    assert call(client, served, "health").data.sources["npm"].status == "complete"


def test_a_generated_client_reads_one_resource_of_each_kind(client, served):
    rows = rows_of(get(served, "/v1/index/resources")["data"])
    by_kind = {found.row["kind"]: (key, found.link) for key, found in rows.items() if found.link is not None}
    assert len(by_kind) > 30
    for kind, (key, link) in by_kind.items():
        kinds, source, slug = link.removeprefix("/v1/inventory/").split("/")
        resource = call(client, served, "inventory_kinds_source_slug", kinds=kinds, source=source, slug=slug)
        assert (resource.data.key, resource.data.kind) == (key, kind)
