"""The connection to Proxmox VE: settings, client, hosts and doctor."""
