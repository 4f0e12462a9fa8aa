"""One backup as a storage lists it, and whether it counts as one of a guest."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from reconciler.model.value import moment, parse_timestamp, timestamp

GUEST_NAME = "{{guestname}}"
"""The place of the guest's name in a template of notes, and the template that the web interface offers."""
_TYPES = {
    "qemu": "qemu",
    "lxc": "lxc",
    "openvz": "lxc",
    "pbs-vm": "qemu",
    "pbs-ct": "lxc",
    "vm": "qemu",
    "ct": "lxc",
}
_OF_FILE = re.compile(r"(?:.*/)?vzdump-(?P<type>qemu|lxc|openvz)-(?P<vmid>\d+)-.*")
_OF_SERVER = re.compile(
    r"(?:.*:)?backup/(?P<type>vm|ct)/(?P<vmid>\d+)/(?P<made>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
)
_VARIABLE = re.compile(r"\\{\\{\w+\\}\\}")


class BackedUp(NamedTuple):
    """The facts about a guest that its backups have to fit."""

    type: str
    name: str = ""
    created: str | None = None


class Backup(NamedTuple):
    """One backup of a vmid, which may have been that of another guest."""

    made: int
    storage: str
    volume: str
    """On its storage: `backup/vm/120/2026-11-25T02:00:00Z`."""
    type: str | None = None
    notes: str = ""
    failed: bool = False
    """Whether its last verification failed."""

    @property
    def when(self) -> str:
        """When it was made."""
        return timestamp(moment(self.made))

    def why_not(self, guest: BackedUp) -> str | None:
        """Return why it is surely not a backup of a guest that can be restored."""
        if self.type not in {None, guest.type}:
            return f"is of a {'container' if self.type == 'lxc' else 'VM'}"
        if guest.created is not None and moment(self.made) < parse_timestamp(guest.created):
            return "is older than the guest"
        return "failed its verification" if self.failed else None

    def notes_fit(self, name: str) -> bool:
        """Return whether notes name a guest, or there are none."""
        return not self.notes or name.lower() in self.notes.lower()

    def names_another(self, templates: Iterable[str]) -> bool:
        """Return whether notes that do not name a guest were made by a template that has its name."""
        matching = [each for each in templates if _pattern(each).fullmatch(self.notes)]
        return bool(matching) and all(GUEST_NAME in each for each in matching)


def read_backup(row: Any, storage: str) -> tuple[str, Backup | None] | None:
    """Return the vmid and the backup of a row, without it where its time is not known; None: not a backup."""
    if not isinstance(row, dict) or row.get("content") not in {None, "backup"}:
        return None
    named = _parse_volume_name(str(row.get("volid") or ""))
    vmid = next((text for text in (str(row.get("vmid")), named.get("vmid", "")) if text.isdecimal()), None)
    if vmid is None:
        return None
    made = _made(str(row.get("ctime")), named.get("made"))
    if made is None:
        return vmid, None
    types = (str(row.get("subtype")), str(row.get("format")), named.get("type"))
    known = next((_TYPES[each] for each in types if each in _TYPES), None)
    verification = row.get("verification")
    failed = isinstance(verification, dict) and verification.get("state") == "failed"
    volume = str(row.get("volid") or "").partition(":")[2]
    return vmid, Backup(made, storage, volume, known, str(row.get("notes") or "").strip(), failed)


def _parse_volume_name(volume: str) -> Mapping[str, str]:
    """Return type, vmid and time as the name of a volume has them; the time of a file is that of its node."""
    match = _OF_FILE.fullmatch(volume) or _OF_SERVER.fullmatch(volume)
    return match.groupdict() if match is not None else {}


def _made(seconds: str, named: str | None) -> int | None:
    if seconds.isdecimal() and len(seconds) < 12:
        return int(seconds)
    return None if named is None else int(parse_timestamp(named).timestamp())


def _pattern(template: str) -> re.Pattern[str]:
    """Return a pattern for the notes that a template makes."""
    return re.compile(_VARIABLE.sub(r"[\\w.-]+", re.escape(template)))
