"""Tests of the Proxmox VE collector: by hand-written answers, and end to end on the lab's TLS servers."""
