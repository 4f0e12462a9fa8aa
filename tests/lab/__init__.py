"""The simulated site: its answers against the published schemas, its rights, faults and forms."""
