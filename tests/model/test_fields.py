import pytest
from pydantic import TypeAdapter, ValidationError

from reconciler.model import fields

SAME = [
    (fields.Size, ["32G", "32768M", "32g", " 32 GiB", "34359738368", 34359738368], "32G"),
    (fields.Size, ["707456K"], "707456K"),
    (fields.Size, ["0", 0], "0"),
    (fields.Size, ["1.5T"], "1536G"),
    (fields.Mac, ["bc:24:11:00:00:0a", "BC:24:11:00:00:0A", " bc:24:11:00:00:0A "], "BC:24:11:00:00:0A"),
    (fields.Tags, ["Web;prod", "prod,web", ["prod", "web", "WEB"], "prod web ;"], ("prod", "web")),
    (fields.Tags, [" ", "", [], [""]], ()),
    (fields.Names, ["iso,backup", ["iso", "backup"], "backup iso iso"], ("backup", "iso")),
    (
        fields.Ranges,
        ["2;5;10-20", "10-20 5,2", ["2", "5", "10-15", "14-20"], [2, 5, "10-20"]],
        ("2", "5", "10-20"),
    ),
    (fields.Ranges, ["2;3", "2-3", "3 2", ["2", "3"]], ("2-3",)),
    (fields.Ranges, [11, "11", ["11"]], ("11",)),
    (fields.Ranges, ["", [], " "], ()),
    (fields.Numbers, ["101 99 101", ["101", "99"], [99, 101]], (99, 101)),
    (fields.Text, ["7", 7], "7"),
    (fields.Notes, ["two\nlines\n", "two\nlines", "two\nlines \n\n"], "two\nlines"),
    (fields.Cidr, ["192.168.11.5/24", " 192.168.11.5/255.255.255.0"], "192.168.11.5/24"),
    (fields.Cidr, ["FD00:0:0::1/64", "fd00::1/64"], "fd00::1/64"),
    (fields.Cidr, ["::ffff:a00:1/120", "::FFFF:10.0.0.1/120"], "::ffff:10.0.0.1/120"),
    (fields.Tags, [["Prod ", " prod"], "prod"], ("prod",)),
    (fields.Address, ["FD00::0:1", "fd00::1"], "fd00::1"),
    (fields.MiB, ["8192", 8192, "08192"], 8192),
    (fields.VlanTag, ["11", 11], 11),
    (fields.Flag, [1, "1", "on", "yes", "true", "True", True], True),
    (fields.Flag, [0, "0", "off", "no", "false", False], False),
]


@pytest.mark.parametrize(("field", "forms", "expected"), SAME)
def test_every_form_of_a_value_ends_as_one(field, forms, expected):
    adapter = TypeAdapter(field)
    assert [adapter.validate_python(form) for form in forms] == [expected] * len(forms)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (fields.Ranges, "20-10"),
        (fields.Ranges, "a"),
        (fields.Ranges, "1-b"),
        (fields.Ranges, "-5"),
        (fields.Numbers, "a"),
        (fields.Text, True),
        (fields.Size, "big"),
        (fields.Size, "-1G"),
        (fields.Mac, "bc:24:11:00:00"),
        (fields.Cidr, "192.168.11.5"),
        (fields.Cidr, "192.168.11.500/24"),
        (fields.Address, "host"),
        (fields.VlanTag, "4095"),
        (fields.VlanTag, 0),
        (fields.MiB, "-1"),
        (fields.Flag, "maybe"),
    ],
)
def test_nonsense_is_refused(field, value):
    with pytest.raises(ValidationError):
        TypeAdapter(field).validate_python(value)


@pytest.mark.parametrize("field", [fields.Address, fields.Cidr])
@pytest.mark.parametrize("value", ["hunter2", "hunter2/24", "10.0.0.hunter2/24"])
def test_what_is_no_address_is_not_repeated(field, value):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(field).validate_python(value)
    (error,) = caught.value.errors(include_input=False, include_url=False, include_context=False)
    assert "hunter2" not in error["msg"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 192.0.2.1 ", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("192.0.2", None),
        ("192.0.2.01", None),
        ("2001:db8::1/64", None),
        ("web.lan", None),
        ("", None),
    ],
)
def test_an_address_has_one_form(text, address):
    assert fields.canonical_address(text) == address


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.1.1", "::1", "fe80::1", "febf::1"])
def test_addresses_that_each_host_has_for_itself(address):
    assert fields.is_host_local(address)


@pytest.mark.parametrize("address", ["128.0.0.1", "169.255.1.1", "::2", "fec0::1", "fe8::1", "fe79::1"])
def test_addresses_that_others_reach(address):
    assert not fields.is_host_local(address)


@pytest.mark.parametrize(
    ("value", "mac"),
    [
        (" bc-24-11-00-00-0a ", "BC:24:11:00:00:0A"),
        ("BC:24:11:00:00:0A", "BC:24:11:00:00:0A"),
        ("bc:24:11:00:00", None),
        ("zz:24:11:00:00:0a", None),
        (None, None),
        (7, None),
    ],
)
def test_a_mac_address_has_one_form(value, mac):
    assert fields.mac_address(value) == mac
