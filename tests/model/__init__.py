"""The values that flow."""
