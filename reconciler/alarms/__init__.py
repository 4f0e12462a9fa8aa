"""Alarms: each sink is notified when something that passes its filter changed since it was last notified.

    state (of the sink, in the pulse) + report ─news→ News ─compose→ Alarm ─deliver→ sinks

`news` and `message` are pure; only `sinks` talk to servers. A sink that fails never fails a run.
"""
