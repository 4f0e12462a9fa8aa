"""Names of hosts in the one form that they are compared in."""

import pytest
from pydantic import TypeAdapter

from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration import rows as integration
from reconciler.collectors.unifi.kinds import static_dns
from reconciler.model.fields.hosts import DomainNames, Host
from reconciler.model.fields.text import Text
from reconciler.model.host_name import host_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Git.Example.ORG. ", "git.example.org"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("bücher\u3002example", "xn--bcher-kva.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("_sip._tcp.büro.lan", "_sip._tcp.xn--bro-hoa.lan"),
        ("faß.example", "xn--fa-hia.example"),
        ("☃.example", "xn--n3h.example"),
        ("~^(w+)ü$", "~^(w+)ü$"),
    ],
)
def test_a_name_has_one_form(text, expected):
    assert host_name(text) == expected
    assert host_name(expected) == expected


def test_fields_of_names_and_text_take_any_form():
    names = TypeAdapter(DomainNames).validate_python(["b.example", "Bücher.example", "xn--bcher-kva.example"])
    assert names == ("b.example", "xn--bcher-kva.example")
    assert TypeAdapter(Host).validate_python("2001:DB8:0::1") == "2001:db8::1"
    assert TypeAdapter(Text).validate_python("Bu\u0308ro") == "B\u00fcro"


@pytest.mark.parametrize("domain", ["example.org", "_sip._tcp.example.org"])
def test_services_have_the_same_id_over_each_api(domain):
    row = {
        "id": "1", "type": "SRV_RECORD", "domain": domain, "service": "_sip", "protocol": "_tcp",
        "serverDomain": "pbx.example.org", "port": 5060, "priority": 1, "weight": 2, "enabled": True,
    }  # fmt: skip
    classic = {"_id": "2", "record_type": "SRV", "key": "_sip._tcp.example.org", "value": "pbx.example.org"}
    both = [static_dns.normalise("SRV:x", each, UnifiContext()) for each in (integration.dns(row), classic)]
    naming = static_dns.KIND.naming
    assert naming is not None
    ids = {next(iter(naming.names(each.model_dump()))) for each in both}
    assert ids == {"SRV:_sip._tcp.example.org"}
