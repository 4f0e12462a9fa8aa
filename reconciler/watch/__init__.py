"""Heartbeat pings and metrics, by which others notice that runs stopped."""
