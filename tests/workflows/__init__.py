"""The workflows, run by act without containers, against a git server that asks for the job's token."""
