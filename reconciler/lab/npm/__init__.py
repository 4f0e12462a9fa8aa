"""The reverse proxy of the lab: it answers like Nginx Proxy Manager 2.15 or NPMplus."""
