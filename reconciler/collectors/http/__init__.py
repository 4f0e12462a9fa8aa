"""The parts that the collectors of all systems share for talking to a web API."""
