"""The kinds of Nginx Proxy Manager, one file each."""
