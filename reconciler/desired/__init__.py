"""Desired state: YAML in git as declared fields with file and line."""
