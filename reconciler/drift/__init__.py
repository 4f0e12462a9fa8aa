"""Carry, guard, compare: from two states to verdicts and findings."""
