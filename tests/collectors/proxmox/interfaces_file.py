"""Files of network interfaces as Proxmox VE writes them, the rows of them, and every small change of one."""

import difflib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

_KEYS = {"bond-slaves": "slaves"}
_OTHER = {"address": "10.77.0.1/24", "bridge-ports": "eno80", "bridge-vids": "2-99"}
_DASHED = {"vlan-raw-device", "vlan-id"}


@dataclass(frozen=True)
class Interface:
    """One interface: its options in the order of the file, those of its IPv6 part, and its comments."""

    type: str
    options: tuple[tuple[str, str], ...] = ()
    options6: tuple[tuple[str, str], ...] = ()
    auto: bool = True
    comments: tuple[str, ...] = ()
    method: str = "manual"

    def lines(self, name: str) -> Iterator[str]:
        """Yield its lines, as Proxmox VE writes them."""
        if self.auto:
            yield f"auto {name}"
        yield f"iface {name} inet {self.method}"
        yield from (f"\t{key} {value}" for key, value in self.options)
        yield from (f"#{each}" for each in self.comments)
        yield ""
        if self.options6:
            yield f"iface {name} inet6 static"
            yield from (f"\t{key} {value}" for key, value in self.options6)
            yield ""

    def row(self, name: str, priority: int) -> dict[str, Any]:
        """Return its row in `/nodes/NODE/network`."""
        row: dict[str, Any] = {"iface": name, "type": self.type, "method": self.method, "priority": priority}
        row |= {"autostart": 1} if self.auto else {}
        row |= {"comments": "".join(f"{each}\n" for each in self.comments)} if self.comments else {}
        for suffix, options in (("", self.options), ("6", self.options6)):
            for key, value in options:
                if key == "address":
                    address, _, netmask = value.partition("/")
                    row |= {f"cidr{suffix}": value, f"address{suffix}": address, f"netmask{suffix}": netmask}
                elif key == "post-up":
                    row.setdefault(f"options{suffix}", []).append(f"{key} {value}")
                else:
                    shown = 1 if value == "yes" else value
                    row[_KEYS.get(key, key if key in _DASHED else key.replace("-", "_")) + suffix] = shown
        return row


@dataclass(frozen=True)
class File:
    """/etc/network/interfaces: its interfaces by name, in order."""

    interfaces: Mapping[str, Interface] = field(default_factory=dict)

    @property
    def lines(self) -> list[str]:
        """The lines of the file."""
        body = (line for name, each in self.interfaces.items() for line in each.lines(name))
        return ["auto lo", "iface lo inet loopback", "", *body, "source /etc/network/interfaces.d/*"]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows that the API makes of it."""
        return {name: each.row(name, at) for at, (name, each) in enumerate(self.interfaces.items(), 2)}

    def changed(self, name: str, interface: Interface | None) -> "File":
        """Return the file with another interface in place of one, at the end, or without it."""
        rest = dict(self.interfaces)
        if interface is None:
            del rest[name]
        else:
            rest[name] = interface
        return File(rest)


def edits(name: str, interface: Interface) -> Iterator[Interface | None]:
    """Yield what an operator makes of one interface: another value, one line more or less, none of it."""
    yield None
    options = interface.options
    yield replace(interface, comments=(*interface.comments, f"changed {name}"))
    yield replace(interface, auto=not interface.auto)
    if interface.comments:
        yield replace(interface, comments=())
    if interface.type != "eth":
        yield replace(interface, options=(*options, ("mtu", "9000")))
        yield replace(interface, options=(*options, ("post-up", "ip route add 10.9.0.0/16 via 10.0.0.9")))
    for at, (key, value) in enumerate(options):
        yield replace(interface, options=(*options[:at], *options[at + 1 :]))
        other = _OTHER.get(key, f"{value}0")
        yield replace(interface, options=(*options[:at], (key, other), *options[at + 1 :]))


ADDED = {
    "vmbr90": Interface("bridge", (("bridge-ports", "none"), ("bridge-stp", "off"), ("bridge-fd", "0"))),
    "eno90": Interface("eth", auto=False),
    "vmbr0.90": Interface("vlan", (("address", "10.90.0.1/24"),), method="static"),
}


def changes(file: File, count: int) -> Iterator[tuple[File, frozenset[str]]]:
    """Yield the file after each `count` changes of different interfaces, and which those are."""
    single = [(name, edit) for name, each in file.interfaces.items() for edit in edits(name, each)]
    single += list(ADDED.items())
    for each in combinations(single, count):
        names = frozenset(name for name, _ in each)
        if len(names) == count:
            after = file
            for name, edit in each:
                after = after.changed(name, edit)
            yield after, names


def python_diff(before: File, after: File) -> str:
    """Return the unified diff as difflib makes it."""
    paths = ("/etc/network/interfaces", "/etc/network/interfaces.new")
    lines = difflib.unified_diff(before.lines, after.lines, *paths, lineterm="")
    return "\n".join(lines) + "\n"


def gnu_diff(before: File, after: File, directory: Path) -> str:
    """Return the unified diff as Proxmox VE makes it: `diff -b -N -u`."""
    old, new = directory / "interfaces", directory / "interfaces.new"
    for path, file in ((old, before), (new, after)):
        path.write_text("\n".join(file.lines) + "\n")
    made = subprocess.run(["diff", "-b", "-N", "-u", old, new], capture_output=True, text=True, check=False)
    return made.stdout


def site(bridges: int, *, alike: bool = False, both: bool = False, hand: bool = False) -> File:
    """Return a file with two cards, a bond, bridges, and a VLAN on each.

    `alike`: bridges without ports differ in nothing but name and address; `both`: with an IPv6 part; `hand`:
    with more options than fit in a hunk.
    """
    found: dict[str, Interface] = {
        "eno1": Interface("eth", auto=False),
        "eno2": Interface("eth", auto=False),
        "bond0": Interface(
            "bond", (("bond-slaves", "eno1 eno2"), ("bond-miimon", "100"), ("bond-mode", "802.3ad"))
        ),
    }
    for number in range(bridges):
        ports = "none" if alike else "bond0" if number == 0 else f"eno{number + 2}"
        options = [("bridge-ports", ports), ("bridge-stp", "off"), ("bridge-fd", "0")]
        if number % 2 or hand:
            options += [("bridge-vlan-aware", "yes"), ("bridge-vids", "2-4094")]
        if hand:
            options += [("bridge-access", "7"), ("bridge-learning", "on"), ("post-up", "echo up")]
        static = number != 1
        if static:
            options.insert(0, ("address", f"10.0.{number}.1/24"))
            if number == 0:
                options.insert(1, ("gateway", "10.0.0.254"))
        found[f"vmbr{number}"] = Interface(
            "bridge",
            tuple(options),
            (("address", f"fd00:{number}::1/64"),) if both else (),
            comments=("guests",) if number == 0 else (),
            method="static" if static else "manual",
        )
        found[f"vmbr{number}.{number + 11}"] = Interface(
            "vlan", (("address", f"10.1.{number}.1/24"),), method="static"
        )
    return File(found)
