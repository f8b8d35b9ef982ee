"""What the web server calls."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from backend.chunked import with_chunked_bodies
from backend.env import BadSetting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

application = with_chunked_bodies(get_wsgi_application())
if settings.SECRET_KEY == settings.COMMANDS_ONLY_KEY:
    raise BadSetting(
        "SECRET_KEY", "", "a secret of at least 32 characters (manage.py up makes one)"
    )
