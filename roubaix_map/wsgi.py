"""The WSGI entry that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from roubaix_map.databases import bound_pages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roubaix_map.settings")
application = get_wsgi_application()
bound_pages()

from places import bitmaps  # noqa: E402 – once the applications are ready

bitmaps.read_ahead()
