"""Reads YAML with positions, and turns what is wrong in it into messages with file, line and column."""
