"""Settings of a whole site: `site_settings` is the kind; the other files have the models of its sections."""
