"""Tests mirror the package; cases are files."""
