"""The whole site in one file, kept elsewhere, and put back: `manage.py backup`, `manage.py restore`."""
