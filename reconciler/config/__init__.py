"""The configuration of a site: its file, references to secrets, durations, and the repository it is in."""
