"""Pages without live events, for those who split them onto WSGI workers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mssweb.settings")
os.environ.setdefault("PROCESS", "web")

application = get_wsgi_application()
