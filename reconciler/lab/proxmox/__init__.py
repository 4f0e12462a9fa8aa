"""The Proxmox VE side of the lab: what a cluster of version 9 answers to GET requests."""
