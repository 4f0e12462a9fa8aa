"""The workflows, their steps run for real."""
