"""Carry, guard and compare."""
