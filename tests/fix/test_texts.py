"""Property strings that are made again: they read back as what they were made of, and nothing slips in."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.collectors.proxmox.commands import UnsafeValueError
from reconciler.collectors.proxmox.kinds.guest import disks, nics
from reconciler.collectors.proxmox.kinds.guest.texts import disk_text, ip_config_text, nic_text
from reconciler.model.value import LIVE

MACS = (
    st.integers(0, 2**24 - 1)
    .map(lambda number: f"BC:24:11:{number:06X}")
    .map(lambda text: ":".join([text[:8], text[9:11], text[11:13], text[13:15]]))
)
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True)
VLANS = st.integers(1, 4094)
ADDRESSES = st.ip_addresses(v=4).map(str)
WORDS = st.from_regex(r"[A-Za-z0-9._/-]{1,12}", fullmatch=True)
FLAGS = st.booleans()


def _some(**fields):
    """Some of the fields, in the order that was drawn."""
    return st.dictionaries(st.sampled_from(sorted(fields)), st.just(None)).flatmap(
        lambda names: st.fixed_dictionaries({name: fields[name] for name in names})
    )


COMMON = {
    "bridge": NAMES,
    "tag": VLANS,
    "firewall": FLAGS,
    "link_down": FLAGS,
    "rate": st.integers(1, 1000).map(lambda number: number / 4),
    "mtu": st.integers(576, 9000),
    "trunks": st.lists(VLANS.map(str), max_size=4),
}
MACHINE = st.builds(
    lambda own, more: own | more,
    st.fixed_dictionaries({"model": st.sampled_from(["virtio", "e1000", "vmxnet3"])}),
    _some(**COMMON, mac=MACS, queues=st.integers(1, 16)),
)
CONTAINER = st.builds(
    lambda own, more: own | more,
    st.fixed_dictionaries({"name": NAMES}),
    _some(
        **COMMON,
        mac=MACS,
        ip=st.one_of(ADDRESSES.map(lambda text: f"{text}/24"), st.sampled_from(["dhcp", "manual"])),
        gw=ADDRESSES,
        ip6=st.sampled_from(["auto", "dhcp", "2001:db8::5/64"]),
    ),
)


def _nic(fields):
    return nics.GuestNic.model_validate(fields, context=LIVE).model_dump(mode="json", exclude_none=True)


@given(st.one_of(MACHINE.map(lambda nic: ("qemu", nic)), CONTAINER.map(lambda nic: ("lxc", nic))))
def test_a_nic_reads_back_as_what_it_was(kind_and_nic):
    kind, fields = kind_and_nic
    nic = _nic(fields)
    text = nic_text(kind, "net0", nic)
    assert text is not None
    read, unread = nics.read("net0", text)
    assert (_nic(read), unread) == (nic, {})
    assert shlex.split(shlex.join(["--net0", text])) == ["--net0", text]


DISK = _some(
    size=st.integers(1, 4096).map(lambda number: f"{number}G"),
    cache=st.sampled_from(["none", "writeback", "unsafe"]),
    aio=st.sampled_from(["native", "threads"]),
    discard=FLAGS,
    iothread=FLAGS,
    ssd=FLAGS,
    backup=FLAGS,
    replicate=FLAGS,
    ro=FLAGS,
    serial=WORDS,
    format=st.sampled_from(["raw", "qcow2"]),
    options=st.dictionaries(st.sampled_from(["mbps_rd", "iops_wr", "werror"]), WORDS),
    mountoptions=st.lists(st.sampled_from(["noatime", "nodev"]), min_size=1, max_size=2),
    mp=WORDS.map(lambda text: f"/{text}"),
)


@given(st.sampled_from(["scsi0", "virtio3", "ide2", "mp1", "rootfs"]), WORDS, DISK)
def test_a_disk_reads_back_as_what_it_was(slot, volume, fields):
    placed = {**disks.disk_defaults(slot), "storage": "nas", "volume": volume, **fields}
    disk = disks.Disk.model_validate(placed, context=LIVE).model_dump(mode="json", exclude_none=True)
    text = disk_text(slot, disk)
    assert text is not None
    read, unread = disks.read(slot, text)
    again = disks.Disk.model_validate(read, context=LIVE).model_dump(mode="json", exclude_none=True)
    assert (again, unread) == (disk, {})


@given(_some(ip=st.sampled_from(["dhcp", "192.0.2.5/24"]), gw=ADDRESSES, ip6=st.just("auto")))
def test_the_settings_of_an_interface_read_back_as_what_they_were(settings):
    text = ip_config_text(settings)
    assert (text is None) == (not settings)
    items = dict(item.split("=") for item in text.split(",")) if text else {}
    assert items == settings


HOSTILE = [
    "vmbr0,tag=99", "vmbr0\n--delete net0", "$(reboot)\x1b[2J", " vmbr0", "", "a\u202eb", "vm\x00br",
]  # fmt: skip


@pytest.mark.parametrize("bridge", HOSTILE)
def test_a_hostile_bridge_is_no_word_of_a_command(bridge):
    with pytest.raises(UnsafeValueError):
        nic_text("qemu", "net0", _nic({"model": "virtio", "mac": "BC:24:11:00:00:01"}) | {"bridge": bridge})


@given(st.text(max_size=40))
def test_any_text_is_refused_or_stays_one_item(text):
    nic = {"model": "virtio", "bridge": text}
    try:
        made = nic_text("qemu", "net0", nic)
    except (UnsafeValueError, ValueError):
        return
    assert made is not None
    read, unread = nics.read("net0", made)
    assert (read["bridge"], unread, set(read)) == (text, {}, {"bridge", "model"})
    assert made.isprintable()
    assert shlex.split(shlex.join([made])) == [made]
