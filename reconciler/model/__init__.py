"""The values that flow from one stage to the next."""
