"""The effect of a change of the desired state, for the people who review it."""
