"""The property that nothing which a kind reads can change unseen, over every key of the published schemas."""
