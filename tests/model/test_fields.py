import pytest
from pydantic import TypeAdapter, ValidationError

from reconciler.model.fields import addresses, ethernet, numbers, text

SAME = [
    (numbers.Size, ["32G", "32768M", "32g", " 32 GiB", "34359738368", 34359738368], "32G"),
    (numbers.Size, ["707456K"], "707456K"),
    (numbers.Size, ["0", 0], "0"),
    (numbers.Size, ["1.5T"], "1536G"),
    (ethernet.Mac, ["bc:24:11:00:00:0a", "BC:24:11:00:00:0A", " bc:24:11:00:00:0A "], "BC:24:11:00:00:0A"),
    (text.Tags, ["Web;prod", "prod,web", ["prod", "web", "WEB"], "prod web ;"], ("prod", "web")),
    (text.Tags, [" ", "", [], [""]], ()),
    (text.Names, ["iso,backup", ["iso", "backup"], "backup iso iso"], ("backup", "iso")),
    (
        numbers.Ranges,
        ["2;5;10-20", "10-20 5,2", ["2", "5", "10-15", "14-20"], [2, 5, "10-20"]],
        ("2", "5", "10-20"),
    ),
    (numbers.Ranges, ["2;3", "2-3", "3 2", ["2", "3"]], ("2-3",)),
    (numbers.Ranges, [11, "11", ["11"]], ("11",)),
    (numbers.Ranges, ["", [], " "], ()),
    (numbers.Numbers, ["101 99 101", ["101", "99"], [99, 101]], (99, 101)),
    (text.Text, ["7", 7], "7"),
    (text.Notes, ["two\nlines\n", "two\nlines", "two\nlines \n\n"], "two\nlines"),
    (addresses.Cidr, ["192.168.11.5/24", " 192.168.11.5/255.255.255.0"], "192.168.11.5/24"),
    (addresses.Cidr, ["FD00:0:0::1/64", "fd00::1/64"], "fd00::1/64"),
    (addresses.Cidr, ["::ffff:a00:1/120", "::FFFF:10.0.0.1/120"], "::ffff:10.0.0.1/120"),
    (text.Tags, [["Prod ", " prod"], "prod"], ("prod",)),
    (addresses.Address, ["FD00::0:1", "fd00::1"], "fd00::1"),
    (numbers.MiB, ["8192", 8192, "08192"], 8192),
    (ethernet.VlanTag, ["11", 11], 11),
    (numbers.Flag, [1, "1", "on", "yes", "true", "True", True], True),
    (numbers.Flag, [0, "0", "off", "no", "false", False], False),
]


@pytest.mark.parametrize(("field", "forms", "expected"), SAME)
def test_every_form_of_a_value_ends_as_one(field, forms, expected):
    adapter = TypeAdapter(field)
    assert [adapter.validate_python(form) for form in forms] == [expected] * len(forms)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (numbers.Ranges, "20-10"),
        (numbers.Ranges, "a"),
        (numbers.Ranges, "1-b"),
        (numbers.Ranges, "-5"),
        (numbers.Numbers, "a"),
        (text.Text, True),
        (numbers.Size, "big"),
        (numbers.Size, "-1G"),
        (ethernet.Mac, "bc:24:11:00:00"),
        (addresses.Cidr, "192.168.11.5"),
        (addresses.Cidr, "192.168.11.500/24"),
        (addresses.Address, "host"),
        (ethernet.VlanTag, "4095"),
        (ethernet.VlanTag, 0),
        (numbers.MiB, "-1"),
        (numbers.Flag, "maybe"),
    ],
)
def test_nonsense_is_refused(field, value):
    with pytest.raises(ValidationError):
        TypeAdapter(field).validate_python(value)


@pytest.mark.parametrize("field", [addresses.Address, addresses.Cidr])
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
    assert addresses.canonical_address(text) == address


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.1.1", "::1", "fe80::1", "febf::1"])
def test_addresses_that_each_host_has_for_itself(address):
    assert addresses.is_host_local(address)


@pytest.mark.parametrize("address", ["128.0.0.1", "169.255.1.1", "::2", "fec0::1", "fe8::1", "fe79::1"])
def test_addresses_that_others_reach(address):
    assert not addresses.is_host_local(address)


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
    assert ethernet.mac_address(value) == mac
