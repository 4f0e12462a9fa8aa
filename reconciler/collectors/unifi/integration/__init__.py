"""Lists of the integration API in the words of the classic one, for an API key that opens nothing else."""
