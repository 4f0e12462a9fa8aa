"""The UniFi side of the lab: it answers like a controller of Network 10.5."""
