"""Settings that only the path of an entry answers: partial ones, odd values, and what no record may hold."""

import pytest

from tests.blind_spots.place import Place, Raw
from tests.blind_spots.proxmox import places

DETAILS = ("/access/domains/{realm}", "/cluster/metrics/server/{id}", "/cluster/notifications/endpoints/")
PLACES = {
    f"{place.version} {place.endpoint}": place for place in places() if place.endpoint.startswith(DETAILS)
}
SEALED = {
    "realm": ("bind_dn", "client-key"),
    "metric-server": ("otel-headers", "otel-resource-attributes"),
    "notification-target": (
        "author",
        "body",
        "from-address",
        "url",
        "username",
        "header",
        "mailto",
        "secret",
    ),
}
LISTS = ("header", "mailto", "secret")


def read(place: Place, row: Raw) -> Raw:
    """The one row that a run makes of it."""
    ((key, resource),) = place.read(row).resources.items()
    return place.of_kind.dump({key.id: resource})[key.id]


def unread(place: Place, row: Raw) -> set[str]:
    return set(read(place, row).get("unread") or ())


@pytest.mark.parametrize("name", [name for name in PLACES if not name.endswith("sendmail")])
def test_settings_without_what_each_entry_has_are_not_read(name):
    place = PLACES[name]
    needed = [key for key in place.row if key in place.required]
    for row in ({}, {"digest": "x"}, *({k: v for k, v in place.row.items() if k != key} for key in needed)):
        answer = {"name": "ops", **row} if "endpoints" in name else row
        if answer.keys() >= place.row.keys():
            continue
        found = read(place, answer)
        assert found["unread"], answer
        assert "answer" in next(iter(found["unparsed"].values())), answer


@pytest.mark.parametrize("name", PLACES)
def test_an_odd_value_of_what_is_sealed_leaves_it_unread(name):
    place = PLACES[name]
    for key in SEALED[place.kind]:
        field = {"secret": "webhook_secrets", "client-key": "client_key"}.get(key, key.replace("-", "_"))
        for odd in ({}, False, {"a": 1}, [[]], *([[None], [""]] if key in LISTS else [[]])):
            assert field in unread(place, {**place.row, key: odd}), (key, odd)


@pytest.mark.parametrize("name", PLACES)
def test_a_token_and_an_address_are_in_no_row(name):
    place = PLACES[name]
    texts = {
        "filter": "(&(mail=jane@corp.example)(userPassword=hunter2))",
        "group_filter": "(mail=jane@corp.example)",
        "base_dn": "mail=jane@corp.example,dc=corp",
        "client-id": "jane@corp.example",
        "api-path-prefix": "/x?token=hunter2",
        "otel-path": "/v1/metrics?token=hunter2",
    }
    one = read(place, {**place.row, **texts})
    other = read(
        place, {**place.row, **{key: text.replace("j", "i").replace("2", "3") for key, text in texts.items()}}
    )
    assert "jane" not in str(one)
    assert "hunter" not in str(one)
    assert one != other or place.kind == "notification-target"
