"""The connection to Nginx Proxy Manager: settings, client and doctor."""
