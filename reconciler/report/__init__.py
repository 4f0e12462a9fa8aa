"""Text, JSON and Markdown from one drift report."""
