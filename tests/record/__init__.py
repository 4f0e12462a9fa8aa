"""The record in real git repositories, with real bare remotes."""
