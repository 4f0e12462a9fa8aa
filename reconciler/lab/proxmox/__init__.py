"""The Proxmox VE side of the lab: it answers GET requests like a cluster of version 9."""
