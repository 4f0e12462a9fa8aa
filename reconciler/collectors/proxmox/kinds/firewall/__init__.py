"""Firewalls: `firewall` has the model, `fetch` reads them."""
