"""Signs of life of the runs themselves: heartbeat pings and metrics."""
