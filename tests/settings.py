"""`backend.settings` with a fast hasher, plain static files and a throw-away folder."""

from tests.engines import ensure_engines

ensure_engines()

from backend.settings import *  # noqa: E402, F403
from backend.settings import CACHES, REDIS_ADDRESS, STATIC_ROOT, STORAGES  # noqa: E402

SECRET_KEY = "only-for-tests-" + "x" * 40
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Emptied before each test; the broker's database is left alone, a worker may be listening there.
_broker, _, _number = REDIS_ADDRESS.partition("?db=")
CACHES = {"default": {**CACHES["default"], "LOCATION": f"{_broker}?db={int(_number or 0) + 8}"}}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns when it is not there
