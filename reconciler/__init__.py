"""GitOps drift detection for a Proxmox VE and UniFi site."""

import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""We use none, and looking for them reads the metadata of every installed package at each start."""

__version__ = "0.2.0"
