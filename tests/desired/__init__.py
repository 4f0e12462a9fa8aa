"""Desired state: declaration types, loader, adopt."""
