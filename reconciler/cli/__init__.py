"""The command line: a file per command, each turns options into one call and an exit code."""
