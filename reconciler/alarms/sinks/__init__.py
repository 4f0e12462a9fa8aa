"""The sinks, a file for each type.

`send(sink, alarm, context)` returns a problem where something went wrong although the alarm was delivered,
and raises `ReconcilerError` where it was not.
"""
