"""A job per file: what a command does, from its options to its outcome."""
