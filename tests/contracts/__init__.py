"""Facts of the published API schemas, one JSON file for each system and version; README.md describes them."""
