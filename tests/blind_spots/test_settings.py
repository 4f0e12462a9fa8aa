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
    assert needed
    name_of_it = {"name": "ops"} if "endpoints" in name else {}
    lacking = [{k: v for k, v in place.row.items() if k != key} for key in needed]
    for answer in ({**name_of_it, **row} for row in ({}, {"digest": "x"}, *lacking)):
        found = read(place, answer)
        assert found["unread"], answer
        assert "cannot be read" in next(iter(found["unparsed"].values())), answer


@pytest.mark.parametrize("name", PLACES)
def test_an_odd_value_of_what_is_sealed_leaves_it_unread(name):
    place = PLACES[name]
    for key in SEALED[place.kind]:
        field = {"secret": "webhook_secrets", "client-key": "client_key"}.get(key, key.replace("-", "_"))
        for odd in ({}, False, {"a": 1}, [[]], *([[None], [""]] if key in LISTS else [[]])):
            assert field in unread(place, {**place.row, key: odd}), (key, odd)


@pytest.mark.parametrize("version", ["8.4.5", "9.2"])
@pytest.mark.parametrize(
    ("endpoint", "key", "text"),
    [
        ("/access/domains/{realm} (ldap)", "filter", "(&(uid=a)(userPassword={}))"),
        ("/access/domains/{realm} (ldap)", "group_filter", "(mail={}@corp.example)"),
        ("/access/domains/{realm} (ldap)", "base_dn", "mail={}@corp.example,dc=corp"),
        ("/access/domains/{realm} (ldap)", "group_dn", "mail={}@corp.example,dc=corp"),
        ("/access/domains/{realm} (openid)", "client-id", "{}@corp.example"),
        ("/cluster/metrics/server/{id}", "api-path-prefix", "/x?token={}"),
        ("/cluster/metrics/server/{id}", "otel-path", "/v1/metrics?token={}"),
    ],
)
def test_a_secret_or_an_address_is_seen_to_change_and_in_no_row(version, endpoint, key, text):
    place = PLACES[f"{version} {endpoint}"]
    field = key.replace("-", "_")
    one, other = (read(place, {**place.row, key: text.format(word)}) for word in ("hunter", "gather"))
    assert "hunter" not in str(one)
    assert one[field] != other[field]
    assert {name for name in one if one[name] != other[name]} == {field}
