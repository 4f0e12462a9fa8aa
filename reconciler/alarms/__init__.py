"""Alarms: what has changed since a place was last notified, and the places that are notified."""
