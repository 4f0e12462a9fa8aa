"""One state, many surface forms."""

from typing import Any

from reconciler.lab import Lab
from reconciler.lab.proxmox.quirks import Quirks
from tests.lab.client import Client

PATHS = (
    "/cluster/status",
    "/storage",
    "/pools",
    "/nodes/r630-01/network",
    "/nodes/r630-01/qemu/115/config",
    "/nodes/r630-01/qemu/114/pending",
    "/nodes/ml110/lxc/109/config",
    "/nodes/r630-01/qemu/113/agent/network-get-interfaces",
)


def plain(key: str, value: Any) -> Any:
    """A value without what surface forms may vary."""
    if isinstance(value, dict):
        named = value.get("key")
        inner = {k: named if named and k in {"value", "pending"} else k for k in value}
        return {k: plain(inner[k], value[k]) for k in sorted(value)}
    if isinstance(value, list):
        return sorted((plain(key, item) for item in value), key=repr)
    if isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, str):
        return str(value)
    if key == "tags":
        return sorted(value.replace(",", ";").replace(" ", ";").split(";"))
    if ("," in value or "=" in value) and key not in {"description", "comments"}:
        return sorted(_named(part) for part in value.split(","))
    return [value] if key in {"agent", "cpu", "vga"} else value


def _named(part: str) -> str:
    name, equals, rest = part.partition("=")
    if name in {"file", "volume", "host", "cputype", "enabled", "path", "type"} and equals:
        return rest
    if name in {"model", "macaddr", "virtio", "hwaddr"}:
        return ""
    return part


def test_every_form_says_the_same(lab: Lab, auditor: Client):
    def answers() -> dict[str, Any]:
        return {path: auditor.data(path) for path in PATHS}

    truth = answers()
    forms = []
    for seed in range(6):
        lab.quirks.shuffle(seed)
        forms.append(answers())
    lab.quirks.calm()

    assert answers() == truth
    for path in PATHS:
        texts = {repr(form[path]) for form in forms} | {repr(truth[path])}
        assert len(texts) >= 6, path
        for form in forms:
            assert drop_macs(plain("", form[path])) == drop_macs(plain("", truth[path])), path


def drop_macs(value: Any) -> Any:
    """Without the empty places that the two spellings of a network device leave."""
    if isinstance(value, dict):
        return {key: drop_macs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [drop_macs(item) for item in value if item != ""]
    return value


def test_a_form_is_stable_for_its_seed(lab: Lab, auditor: Client):
    lab.quirks.shuffle(3)
    first = [auditor.get(path).text for path in PATHS]
    lab.quirks.shuffle(4)
    other = [auditor.get(path).text for path in PATHS]
    lab.quirks.shuffle(3)

    assert [auditor.get(path).text for path in PATHS] == first
    assert other != first


def test_what_forms_vary():
    seen: dict[str, set[Any]] = {}
    config = {
        "cores": 4,
        "memory": "2048",
        "cpulimit": "0.5",
        "onboot": 1,
        "agent": "1",
        "tags": "a;b",
        "net0": "virtio=BC:24:11:00:00:01,tag=11",
        "net1": "hwaddr=BC:24:11:00:00:02,name=eth0",
        "scsi0": "local-lvm:vm-1-disk-0,size=8G",
        "description": "one, two",
        "boot": "order=scsi0;net0",
        "loadavg": ["1", "2", "3"],
    }
    for seed in range(200):
        quirks = Quirks()
        quirks.shuffle(seed)
        for key, value in quirks.apply(config, "/x").items():
            seen.setdefault(key, set()).add(repr(value))

    assert seen["cores"] == {"4", "'4'"}
    assert seen["memory"] == {"2048", "'2048'"}
    assert seen["cpulimit"] == {"0.5", "'0.5'"}
    assert seen["onboot"] == {"1", "'1'", "True"}
    assert seen["agent"] == {"'1'", "'enabled=1'"}
    assert seen["tags"] == {f"'{a}{sep}{b}'" for a, b in ("ab", "ba") for sep in ";, "}
    assert "'model=virtio,tag=11,macaddr=bc:24:11:00:00:01'" in seen["net0"]
    assert "'tag=11,virtio=BC:24:11:00:00:01'" in seen["net0"]
    assert "'hwaddr=bc:24:11:00:00:02,name=eth0'" in seen["net1"]
    assert "'size=8G,file=local-lvm:vm-1-disk-0'" in seen["scsi0"]
    assert "'local-lvm:vm-1-disk-0,size=8G'" in seen["scsi0"]
    assert len(seen["description"]) == len(seen["boot"]) == len(seen["loadavg"]) == 1


def test_rows_come_in_another_order(lab: Lab, auditor: Client):
    calm = [row["id"] for row in auditor.data("/cluster/resources")]
    lab.quirks.shuffle(1)
    shuffled = [row["id"] for row in auditor.data("/cluster/resources")]

    assert shuffled != calm
    assert sorted(shuffled) == sorted(calm)


def test_kept_answers_do_not_pile_up(lab: Lab, auditor: Client):
    for seed in range(30):
        lab.quirks.shuffle(seed)
        auditor.data("/nodes/ml110/qemu/101/config")

    assert len(lab.state.guests[101].answers) <= 8
