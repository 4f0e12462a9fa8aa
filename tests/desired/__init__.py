"""Desired state: twins, loader, adopt."""
