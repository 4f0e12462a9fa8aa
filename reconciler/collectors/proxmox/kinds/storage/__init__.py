"""Storages: `storage` has the model, `fetch` reads them."""
