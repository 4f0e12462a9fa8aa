"""A second factor that is added, removed, switched off or set up again is one cause, at its user."""

import pytest

from tests.collectors.one_cause import unchanged

ROOT = "pve/user/root@pam"
WALLETS = {"id": "5f0a4c1e-1ab0-4000-8000-000000000009", "type": "webauthn", "created": 1767262999}


def factors(lab, user="root@pam"):
    return lab.state.access["users"][user].setdefault("tfa", [])


@pytest.mark.parametrize(
    "change",
    [
        lambda lab: factors(lab).pop(),
        lambda lab: factors(lab).clear(),
        lambda lab: factors(lab).append(WALLETS),
        lambda lab: factors(lab)[1].update(enable=0),
        lambda lab: factors(lab)[1].update(id="5f0a4c1e-1ab0-4000-8000-000000000008", created=1795467900),
    ],
    ids=["removed", "the last removed", "added", "switched off", "set up again"],
)
def test_a_change_of_a_second_factor_is_one_cause_at_its_user(source, before, change):
    assert source.shown(before, change) == [("drifted", f"{ROOT}/second_factors")]


def test_the_first_of_a_user_is_one_cause(source, before):
    causes = source.shown(before, lambda lab: factors(lab, "former@pve").append(WALLETS))
    assert causes == [("drifted", "pve/user/former@pve/second_factors")]


def test_names_of_second_factors_and_their_order_are_not_seen(source, before):
    def change(lab):
        factors(lab).reverse()
        factors(lab)[0]["description"] = "tablet"

    assert source.shown(before, change) == []


def test_what_rights_hide_is_not_removed(source, before):
    with unchanged(source.lab):
        source.lab.state.set_acl("/access/groups", source.lab.token_id, "NoAccess")
        found = source.run(before)
    assert not [each for each in found.report.findings if each.type in {"drifted", "missing"}]
    assert ROOT in map(str, found.inventory.as_of)
