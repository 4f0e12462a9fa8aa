"""Guests: VMs and containers. `guest` has the model; each other file reads one part of a configuration."""
