"""Reports to render: a believable one, a hostile one, a quiet one and a large one."""

from datetime import timedelta
from typing import Any

from reconciler.model.findings import DriftReport
from reconciler.model.snapshot import SourceStatus
from tests.drift import house

HOSTILE = {
    "../../etc/x": "../../etc/x",
    "script": "<script>alert(1)</script>",
    "pipe": "`a|b` ``c`` \\| [x](http://e) @admin ![i](j)",
    "long": "x" * 5000,
    "control": "a\x1b[31mred\r\n::set-output name=x::y\n##[error]z\x07",
    "bidi": "\u202egnp.exe\u2066\u200b\u2028|",
    "markup": "[bold red]loud[/bold red] :smile:",
}


def believable() -> DriftReport:
    """Two runs of a site with a bit of everything."""
    state = house.desired(
        {
            "101": {"name": "web1", "watts": 8192, "sockets": {"s0": {"tag": 11}}},
            "104": {"name": "db1", "lit": True},
            "105": {"name": "mail"},
            "106": {"name": "backup", "watts": 10},
            "107": {"name": "dark", "watts": 5},
        }
    )
    live: dict[str, dict[str, Any]] = {
        "101": {"name": "web1", "watts": 16384, "sockets": {"s0": {"tag": 12}}, "room": "attic"},
        "105": {"name": "mail"},
        "106": {"name": "backup", "watts": 20, "lock": "backup", "pending": {"/watts": 10}},
        "107": {"name": "dark", "watts": 6},
        "666": {"name": "rogue"},
        "bulb/1": {"name": "spare"},
    }
    then = {"105": {"name": "post"}, "106": live["106"] | {"lock": None}}
    first = house.judge(house.snapshot(live | then, {"hall/bulb": "complete"}, -200), state)
    scopes = {
        "hall/lamp": {"unread": {"107": "node attic is offline"}},
        "hall/bulb": {"listed": "partial", "problem": "the token has no Bulb.Audit on /bulbs"},
        "barn/lamp": {"listed": "failed", "problem": "barn.lan:8006: connection refused; is it up?"},
    }
    sources = {
        "hall": {"status": "partial", "version": "9.2", "last_success": house.START},
        "barn": {"status": "failed", "problem": "barn.lan:8006: connection refused; is it up?"},
    }
    del live["107"]
    live["101"] = live["101"] | {"room": "cellar"}
    live["105"] = live["105"] | {"health": {"state": "degraded", "reason": "its agent does not answer"}}
    report = house.judge(house.snapshot(live, scopes, 0, sources), state, first).report
    earlier = house.START - timedelta(days=1)
    run = report.run
    barn = SourceStatus(**{**run.sources["barn"].model_dump(), "last_success": earlier})
    commit = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
    run = run.model_copy(update={"sources": run.sources | {"barn": barn}, "desired_commit": commit})
    down = "barn/lamp: barn.lan:8006: connection refused; is it up?"
    unchecked = {
        "duplicate-ip": down,
        "duplicate-mac": down,
        "no-backup": "hall/lamp/107: node attic is offline",
    }
    return report.model_copy(update={"run": run, "unchecked": unchecked})


def hostile() -> DriftReport:
    """Names and values as an attacker writes them."""
    declared = {f"hall/lamp/{at}": {"note": "ok"} for at in HOSTILE}
    live: dict[str, dict[str, Any]] = {
        f"hall/lamp/{at}": {"name": text, "note": text} for at, text in HOSTILE.items()
    }
    live |= {f"hall/lamp/{text}": {"name": text} for text in HOSTILE.values()}
    first = house.judge(house.snapshot(live), house.desired(declared))
    for text, row in zip(HOSTILE.values(), live.values(), strict=False):
        row |= {
            "room": f"{text}!",
            "health": {"state": "degraded", "reason": text},
            "pending": {f"/{text}": text},
        }
    return house.judge(house.snapshot(live, number=0), house.desired(declared), first).report


def ignored() -> DriftReport:
    """What rules cover, one for a hostile reason; a rule that covers nothing, and one that expired."""
    target = {"source": "hall", "kind": "lamp"}
    rules = [
        {"target": target | {"id": "9*"}, "reason": "party", "owner": "ann", "expires": "2026-12-31"},
        {
            "target": target | {"id": "1"},
            "path": "/watts",
            "reason": HOSTILE["pipe"],
            "expires": "2026-12-31",
        },
        {"target": target | {"id": "2"}, "type": "missing", "reason": "sold", "expires": "2026-12-31"},
        {"target": target | {"id": "3"}, "reason": HOSTILE["control"], "expires": "2026-11-22"},
    ]
    declared = {"1": {"watts": 1}, "2": {}, "3": {"watts": 1}} | {
        str(at): {"lit": True} for at in range(90, 97)
    }
    live: dict[str, dict[str, Any]] = {"1": {}, "2": {}, "3": {}, "90": {}, "91": {}}
    return house.judge(
        house.snapshot(live), house.desired(declared), ignores=house.ignore_rules(rules)
    ).report


def quiet() -> DriftReport:
    """Nothing to say."""
    return house.judge(house.snapshot({"1": {}, "2": {}}), house.desired({"1": {}, "2": {}})).report


def unconfigured() -> DriftReport:
    """Nothing declared."""
    return house.judge(house.snapshot({"1": {}, "2": {}}), house.desired({})).report


def large(number: int = 3000) -> DriftReport:
    """A site where everything is wrong."""
    declared = {str(at): {"watts": 1} for at in range(number)}
    live = {str(at): {"name": f"web{at}"} for at in range(2 * number)}
    return house.judge(house.snapshot(live), house.desired(declared)).report
