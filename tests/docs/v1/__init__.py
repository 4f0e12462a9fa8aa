"""What is generated for readers of `/v1`: schemas, the OpenAPI description, and `docs/api.md`."""
