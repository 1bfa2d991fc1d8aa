"""The web: urls, pages, templates, components, live stream, interface languages."""
