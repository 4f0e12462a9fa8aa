"""Budgets of the design, each as a ratio to a floor measured in the same run."""
