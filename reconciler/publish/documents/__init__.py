"""The JSON documents under `/v1`: a file for each or for a few that belong together; `table.py` lists all."""
