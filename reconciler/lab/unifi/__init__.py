"""The UniFi side of the lab: what a controller of Network 10.5 answers."""
