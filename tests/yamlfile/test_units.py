"""Amounts that are written with another unit than the one of their field."""

import pytest

from reconciler.yamlfile.units import _FACTORS, in_unit


@pytest.mark.parametrize("unit", _FACTORS)
def test_an_amount_below_zero_is_one_of_power_alone(unit):
    letter = next(letter for letter, factor in _FACTORS[unit].items() if factor >= 1)
    assert in_unit(f"-70{letter}", unit, whole=True) == ("-70" if unit == "dBm" else None)
    assert in_unit(f"70{letter}", unit, whole=True) is not None


@pytest.mark.parametrize(
    ("text", "unit", "whole", "amount"),
    [
        ("4G", "MiB", True, "4096"),
        ("1.5 GiB", "MiB", True, "1536"),
        ("1.5 MiB", "MiB", True, None),
        ("1500 Kbit", "Mbit/s", False, "1.5"),
        ("2h", "seconds", True, "7200"),
        ("-67 dBm", "dBm", True, "-67"),
        ("four", "MiB", True, None),
    ],
)
def test_an_amount_is_given_in_the_unit_of_its_field(text, unit, whole, amount):
    assert in_unit(text, unit, whole=whole) == amount
