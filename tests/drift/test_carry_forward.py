from datetime import timedelta

from reconciler.drift.carry_forward import carry_forward
from reconciler.model.key import Key
from tests.drift import house

WATTS = {"1": {"watts": 60, "seen": ["a"], "heat": 3}, "2": {}, "moth/9": {"name": "m"}}
SCOPES = {"hall/moth": "complete"}
DARK = {"hall/lamp": {"unread": {"1": "dark"}}, "hall/moth": "failed"}


def _first():
    return house.judge(house.snapshot(WATTS, SCOPES), house.desired({}))


def test_rows_are_split_into_what_is_compared_and_what_is_observed():
    inventory = carry_forward(house.snapshot(WATTS, SCOPES), None, house.KINDS)
    one, moth = house.key("1"), house.key("moth/9")
    plain = {"watts": 60, "lit": False, "tags": [], "sockets": {}, "unmodelled": {}}
    assert inventory.config[one] == {**plain, "code": "none", "codes": {}, "keys": {}}
    assert inventory.observed == {one: {"seen": ["a"], "heat": 3}, moth: {"name": "m", "unmodelled": {}}} | {
        house.key("2"): {"seen": []}
    }
    assert moth not in inventory.config
    assert inventory.as_of == {}


def test_what_is_unread_or_not_proved_gone_is_carried_with_its_date_and_the_rest_is_not():
    first = _first()
    second = house.judge(house.snapshot({}, DARK, 1), house.desired({}), first)
    one, moth = house.key("1"), house.key("moth/9")
    assert dict(second.inventory.as_of) == {one: house.START, moth: house.START}
    assert second.inventory.config == {one: first.inventory.config[one]}
    assert second.inventory.observed == {
        one: first.inventory.observed[one],
        moth: first.inventory.observed[moth],
    }
    third = house.judge(house.snapshot({}, DARK, 2), house.desired({}), second)
    assert third.inventory.as_of == second.inventory.as_of


def test_a_row_that_did_not_change_is_held_once():
    first = _first()
    second = house.judge(house.snapshot(WATTS | {"2": {"watts": 7}}, SCOPES, 1), house.desired({}), first)
    one, two, moth = house.key("1"), house.key("2"), house.key("moth/9")
    assert second.inventory.config[one] is first.inventory.config[one]
    assert second.inventory.observed[moth] is first.inventory.observed[moth]
    assert second.inventory.config[two]["watts"] == 7


def test_what_can_be_read_again_is_fresh():
    second = house.judge(house.snapshot({}, DARK, 1), house.desired({}), _first())
    third = house.judge(house.snapshot({"1": {"watts": 7}}, SCOPES, 2), house.desired({}), second)
    assert third.inventory.as_of == {}
    assert third.inventory.config[house.key("1")]["watts"] == 7
    assert house.key("moth/9") not in third.inventory.observed


def test_sources_and_kinds_that_are_no_longer_configured_stay_for_a_week_in_a_scope_of_their_own():
    kinds = {"hall": {"lamp": house.LAMP}}
    inventory = carry_forward(house.snapshot({}, {"hall/lamp": "failed"}, 1), _first(), kinds)
    assert inventory.retired == {("hall", "moth")}
    assert house.key("moth/9") in inventory.observed
    assert inventory.as_of[house.key("moth/9")] == house.START
    assert house.key("moth/9") not in inventory.without(inventory.retired).observed

    week = timedelta(days=7) // timedelta(minutes=15)
    for number, kept in ((week - 1, True), (week + 1, False)):
        later = carry_forward(house.snapshot({}, {}, number), _first(), {})
        assert (set(later.config) == {house.key("1"), house.key("2")}) == kept
        assert bool(later.retired) == kept


def test_a_failed_source_keeps_its_last_success():
    at = house.START - timedelta(hours=1)
    sources = {"hall": {"status": "complete", "last_success": at}}
    first = house.judge(house.snapshot({}, number=0, sources=sources), house.desired({}))
    failed = house.snapshot(
        {}, {"hall/lamp": "failed"}, 1, {"hall": {"status": "failed"}, "barn": {"status": "failed"}}
    )
    inventory = carry_forward(failed, first, house.KINDS)
    assert inventory.run.sources["hall"].last_success == at
    assert inventory.run.sources["barn"].last_success is None
    assert failed.run.sources["hall"].last_success is None
    assert carry_forward(failed, None, house.KINDS).run == failed.run


def test_nothing_given_is_changed():
    first = _first()
    before = (dict(first.inventory.config), dict(first.inventory.observed), dict(first.inventory.as_of))
    live = house.snapshot({}, DARK, 1)
    carry_forward(live, first, house.KINDS)
    assert (first.inventory.config, first.inventory.observed, first.inventory.as_of) == before
    assert live.resources == {}


def test_a_key_with_odd_parts_is_carried_like_any_other():
    odd = Key("hall", "lamp", "a/b/\u202e")
    first = house.judge(house.snapshot({str(odd): {}}), house.desired({}))
    second = house.judge(house.snapshot({}, {"hall/lamp": "partial"}, 1), house.desired({}), first)
    assert odd in second.inventory.config


def test_a_field_that_could_not_be_read_keeps_its_last_value():
    first = house.judge(house.snapshot({"1": {"note": "a"}, "2": {}}), house.desired({}))
    live = {"1": {"unread": ["note"]}, "2": {"unread": ["note", "watts"]}, "3": {"unread": ["watts"]}}
    second = house.judge(house.snapshot(live, number=1), house.desired({}), first)
    assert second.inventory.config[house.key("1")] == first.inventory.config[house.key("1")]
    assert second.inventory.config[house.key("2")] == first.inventory.config[house.key("2")]
    assert "watts" not in second.inventory.config[house.key("3")]
    assert second.inventory.observed[house.key("1")]["unread"] == ["note"]
