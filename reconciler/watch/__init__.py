"""Reports that the runs themselves make: heartbeat pings and metrics, and the checks of the schedule."""
