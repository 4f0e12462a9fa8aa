"""The reverse proxy of the lab: what Nginx Proxy Manager 2.15 or NPMplus answers."""
