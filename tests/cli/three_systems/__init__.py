"""Commands on the whole site: three systems in one run."""
