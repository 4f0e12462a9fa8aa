"""Gitea or Forgejo: the code host, over its API (`/api/v1`)."""
