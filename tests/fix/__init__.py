"""Proof by execution: the printed words settle the finding, and change nothing else."""
