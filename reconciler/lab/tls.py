"""The lab's certificate authority and the server certificate that every listener shows."""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Tls:
    """What a server needs to speak TLS, and what a client needs to trust it."""

    context: ssl.SSLContext
    ca_file: Path
    fingerprint: str
    """SHA-256 of the server certificate, `AA:BB:…`, as Proxmox prints it."""


def make_tls(directory: Path) -> Tls:
    """A fresh authority whose certificate is written to `directory`, and a certificate for 127.0.0.1."""
    authority = trustme.CA(organization_name="reconciler lab")
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    ca_file = directory / "pve-root-ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    return Tls(context, ca_file, hashlib.sha256(der).digest().hex(":").upper())
