"""From the record to a tree of documents that any web server serves."""
