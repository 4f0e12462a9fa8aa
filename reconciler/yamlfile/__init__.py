"""YAML with positions, and its mistakes as messages with file, line and column."""
