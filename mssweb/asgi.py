"""The web process: pages, APIs and live events."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mssweb.settings")
os.environ.setdefault("PROCESS", "web")

from mssweb.intake import bounded

application = bounded(get_asgi_application())
