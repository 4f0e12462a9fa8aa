"""The kinds of UniFi Network, one file each."""
