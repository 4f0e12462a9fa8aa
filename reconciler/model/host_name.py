"""Names of hosts in the one form that they are compared in: ASCII (RFC 5891) and lower case.

People write `bücher.example`, certificates and name servers `xn--bcher-kva.example`. `idna` maps as browsers
do (IDNA 2008 with UTS 46); the codec of Python's own library is of IDNA 2003, in which `ß` becomes `ss`: the
name of another host.
"""

from functools import lru_cache

from reconciler.text import nfc

_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
"""Full stops that UTS 46 takes for the dot between labels."""


@lru_cache(maxsize=4096)
def host_name(text: str) -> str:
    """Return a name in its ASCII form and in lower case, without the dot at its end.

    A label that cannot be a name of a host stays as it is, but for its case: `*`, `_sip`, a pattern of nginx.
    """
    name = text.strip()
    if name.isascii():
        return name.lower().rstrip(".")
    return ".".join(map(_label, nfc(name).translate(_DOTS).split("."))).rstrip(".")


def _label(label: str) -> str:
    if label.isascii():
        return label.lower()
    import idna  # its tables are large, and few sites have such a name

    try:
        return idna.encode(label, uts46=True).decode()
    except idna.IDNAError:
        pass
    try:  # a symbol, such as ☃: no registry takes it any more, and browsers still resolve it
        return f"xn--{idna.uts46_remap(label, std3_rules=True).encode('punycode').decode()}"
    except idna.IDNAError:
        return nfc(label.lower())
