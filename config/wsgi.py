"""The web application, for gunicorn: `gunicorn config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

from config import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
connection_created.connect(connections.ask_alone, dispatch_uid="config.ask_alone")

application = get_wsgi_application()
