"""A folder per system: settings, the only client, what kinds share, and a file per kind."""
