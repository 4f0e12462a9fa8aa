"""`reconciler serve`: the published tree over HTTP, on this machine."""
