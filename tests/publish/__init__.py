"""From the record to the served tree."""
