"""The project: settings, and the small floor everyone stands on."""
