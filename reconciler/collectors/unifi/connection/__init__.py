"""The connection to UniFi Network: settings, client, dialects and doctor."""
