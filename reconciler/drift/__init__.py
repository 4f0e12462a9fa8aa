"""Guard, carry forward, compare: from two states to verdicts and findings."""
