"""The kinds of Proxmox VE, one file (or folder) each."""
