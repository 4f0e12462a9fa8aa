import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import files
from reconciler.model.key import Key
from reconciler.publish.documents.form import INDEX, path_of
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.publish.view import TAKEN, view
from tests.publish import site

GOLDEN = Path(__file__).parent / "golden"


def document(route, **kwargs):
    return files.parse_json(site.documents(**kwargs)[path_of(route)])


def test_documents_are_as_the_golden_files_say():
    """With UPDATE_GOLDEN=1 in the environment (`make generate`) the files are written instead.

    Golden files are indented, so that people can read their differences; published ones are not.
    """
    documents = {path: files.canonical(files.parse_json(data)) for path, data in site.documents().items()}
    if os.environ.get("UPDATE_GOLDEN"):
        for path in GOLDEN.rglob("*.json"):
            path.unlink()
        for path, data in documents.items():
            files.write_atomically(GOLDEN / path, data)
    golden = {str(path.relative_to(GOLDEN)): path.read_bytes() for path in GOLDEN.rglob("*.json")}
    assert documents == golden, "run: make generate"


def test_published_bytes_are_compact_and_canonical():
    for path, data in site.documents().items():
        assert data == files.compact(files.parse_json(data)), path
        assert data.count(b"\n") == 1
        assert b'": ' not in data.replace(b'\\"', b""), path


@pytest.mark.parametrize("one", DOCUMENTS, ids=lambda one: one.route)
def test_every_document_has_a_golden_file(one):
    pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path_of(one.route))))
    found = [str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*.json")]
    assert any(pattern.fullmatch(path) for path in found)


def test_the_index_leads_to_every_document():
    index = document(INDEX)["data"]
    links = {entry["link"] for entry in index["documents"]}
    for family in index["templates"]:
        links |= set(family["links"] or ())
    for path in site.documents():
        route = "/" + path.removesuffix(".json").removesuffix("/index")
        assert route in links or route.count("/") == 5, route
    assert {one.route for one in DOCUMENTS} == {entry["link"] for entry in index["documents"]} | {
        family["template"] for family in index["templates"]
    }


def test_links_lead_to_documents():
    documents = site.documents()
    found = re.findall(rb'"(/v1[^"{]*)"', b"".join(documents.values()))
    assert len(set(found)) > 20
    assert {path_of(link.decode()) for link in found} <= set(documents)


def test_names_of_fixed_documents_are_kept_from_kinds():
    fixed = {
        one.route.rsplit("/", 1)[1] for one in DOCUMENTS if re.fullmatch(r"/v1/inventory/\w+", one.route)
    }
    assert fixed == TAKEN


def test_kinds_with_names_that_are_taken_get_others():
    plurals = {"guest": "live", "node": "drift", "storage": "things", "client": "things"}
    routes = set(view(site.recorded(), plurals).lists.values())
    assert {route.removeprefix("/v1/inventory/") for route in routes} == {
        "live~2",
        "drift~2",
        "things",
        "things~2",
        "pools",
    }
    site.documents(plurals=plurals)


def test_a_kind_that_the_tool_does_not_know_is_published_all_the_same():
    assert view(site.recorded(), {}).lists["client"] == "/v1/inventory/clients"
    assert document("/v1/inventory/clients/air/AA:BB:CC:00:00:01", plurals={})["data"]["kind"] == "client"


def test_the_bytes_depend_on_what_is_recorded_alone():
    one = site.recorded()
    rows = one.inventory
    shuffled = replace(
        rows,
        config={
            key: files.parse_json(files.canonical(row)) for key, row in reversed(list(rows.config.items()))
        },
        observed=dict(reversed(rows.observed.items())),
    )
    changed_at = dict(reversed(one.changed_at.items()))
    assert site.documents(replace(one, inventory=shuffled, changed_at=changed_at)) == site.documents(one)


def test_a_resource_says_nothing_of_the_run():
    later = site.recorded("20261123T220500Z-000000", site.NOW.replace(hour=22))
    before, after = site.documents(), site.documents(later)
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {path for path in before if path.count("/") < 4}


@pytest.mark.parametrize(
    ("key", "verdict", "managed", "live"),
    [
        (site.WEB, "drifted", True, True),
        (site.ROGUE, "unmanaged", False, True),
        (site.GONE, "missing", True, False),
        (site.UNREAD, "unverified", True, False),
        (site.CARRIED, "unverified", False, True),
        (site.NODE, "in_sync", True, True),
        (site.CLIENT, None, None, True),
    ],
)
def test_each_resource_has_its_verdict(key, verdict, managed, live):
    link = view(site.recorded(), site.PLURALS).entries[key]["link"]
    body = document(link)
    data = body["data"]
    assert (data["key"], data["verdict"], data["managed"], data["link"]) == (str(key), verdict, managed, link)
    assert (data["fields"] is not None) is live
    assert ("as_of" in data) is (key == site.CARRIED)
    assert body["links"]["health"] == "/v1/health"
    assert [one["key"] for one in data["findings"]] == [
        str(one.key) for one in site.FINDINGS if one.key == key
    ]


def test_observed_fields_are_joined_with_the_others():
    fields = document("/v1/inventory/guests/pve/101")["data"]["fields"]
    assert fields["addresses"] == ["192.168.11.5/24"]
    assert fields["memory"] == 4096


def test_a_source_goes_stale_from_its_own_last_reading():
    sources = document("/v1/health")["data"]["sources"]
    assert sources["pve"]["stale_after"] == "2026-11-23T21:35:00Z"
    assert sources["barn"]["stale_after"] == "2026-11-23T16:35:00Z"
    assert sources["shed"]["stale_after"] is None


def test_a_document_goes_stale_with_the_oldest_of_what_is_in_it():
    assert document("/v1/inventory/nodes")["stale_after"] == "2026-11-23T21:35:00Z"
    assert document("/v1/inventory/guests")["stale_after"] == "2026-11-23T16:35:00Z", (
        "barn was read last then"
    )
    assert document("/v1/summary")["stale_after"] == "2026-11-23T16:35:00Z"


def test_no_text_passes_for_markup_and_every_text_survives():
    everything = b"".join(site.documents().values()).decode()
    assert not re.search("[<>&\u2028\u2029\u202e]", everything)
    names = {row["id"] for row in document("/v1/inventory/storages")["data"]["resources"]}
    assert names == {key.id for key in site.HOSTILE}


def test_ids_with_one_slug_get_a_document_each():
    """Two long ids whose 32-bit hashes are the same: the first by id keeps the slug."""
    seen: dict[bytes, str] = {}
    pair = None
    for number in range(400_000):
        identity = "a" * 120 + str(number)
        digest = hashlib.sha256(identity.encode()).digest()[:4]
        if digest in seen:
            pair = [Key("pve", "guest", seen[digest]), Key("pve", "guest", identity)]
            break
        seen[digest] = identity
    assert pair is not None
    assert pair[0].slug == pair[1].slug
    recorded = site.recorded(config={key: {"name": key.id} for key in reversed(pair)})
    entries = view(recorded, site.PLURALS).entries
    first, second = sorted(pair)
    assert entries[second]["link"] == f"{entries[first]['link']}~2"
    assert document(entries[second]["link"], run=recorded)["data"]["id"] == second.id
