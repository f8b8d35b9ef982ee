"""One file for every environment. A setting exists only if someone deploying would change it."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from celery.schedules import crontab

from backend.engine_home import socket_folder
from backend.env import (
    BadSetting,
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_secret,
    env_str,
    env_url,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env_str("OILA_VAR", str(BASE_DIR / "var"))).resolve()

# --- Who we are to the outside -------------------------------------------------------------------

DEBUG = env_bool("DEBUG", default=False)
# Commands that need no secret (check, makemigrations) run without one; `manage.py up` makes one.
COMMANDS_ONLY_KEY = "only-for-commands-that-serve-nobody"  # wsgi.py refuses it
_secret_file = VAR_DIR / "secret_key"
SECRET_KEY = env_secret(
    "SECRET_KEY",
    default=_secret_file.read_text().strip() if _secret_file.is_file() else COMMANDS_ONLY_KEY,
)
# Makes household ids for recipients. When it changes, what they have joins with nothing new.
PSEUDONYM_KEY = env_secret("PSEUDONYM_KEY", default=SECRET_KEY)
PUBLIC_URL = env_url("PUBLIC_URL", ("http", "https")).rstrip("/")
ALLOWED_HOSTS = [
    *env_list("ALLOWED_HOSTS"),
    *filter(None, [urlsplit(PUBLIC_URL).hostname]),
    *("127.0.0.1", "localhost", "[::1]"),  # health checks come from this machine
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
TRUST_PROXY = env_bool("TRUST_PROXY", default=False)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")

# --- The processes: `manage.py up` and `manage.py start` read these -------------------------------

BIND = env_str("BIND", "127.0.0.1")
PORT = env_int("PORT", 8000, least=1, most=65535)
WEB_WORKERS = env_int("WEB_WORKERS", 2, least=1, most=64)
PROCESS_WORKERS = env_int("PROCESS_WORKERS", 2, least=1, most=64)
DEMO = env_bool("DEMO", default=True)

# --- Engines: with the two addresses set nothing embedded starts --------------------------------

DATABASE_URL = env_url("DATABASE_URL", ("postgres", "postgresql"))
REDIS_URL = env_url("REDIS_URL", ("redis", "rediss", "unix"))
if bool(DATABASE_URL) != bool(REDIS_URL):
    raise BadSetting(
        "DATABASE_URL and REDIS_URL", "only one", "both, or neither for the embedded engines"
    )
SOCKET_DIR = socket_folder(VAR_DIR)


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    return {
        "NAME": unquote(parts.path.lstrip("/")) or "oila",
        "USER": unquote(parts.username or "oila"),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
    }


DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **(
            _database(DATABASE_URL)
            if DATABASE_URL
            else {"NAME": "oila", "USER": "oila", "HOST": str(SOCKET_DIR), "PORT": "5432"}
        ),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 3,
            "application_name": "oila",
            # A hung transaction would hide its rows from SKIP LOCKED for ever. What we prepare
            # (`backend.statements`) is planned once: planning costs more than running it.
            "options": "-c idle_in_transaction_session_timeout=60000 -c statement_timeout=120000"
            " -c plan_cache_mode=force_generic_plan",
        },
    }
}
REDIS_ADDRESS = REDIS_URL or f"unix://{SOCKET_DIR}/redis.sock"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_ADDRESS,
        "OPTIONS": {"socket_timeout": 2},  # seconds; a hung Redis must not hang the tablets
    }
}

# --- Celery: the broker carries a bell, never data ----------------------------------------------

# kombu's words for a socket and a database; by redis-py's it would silently use database 0.
CELERY_BROKER_URL = REDIS_ADDRESS.replace("unix://", "redis+socket://").replace(
    "?db=", "?virtual_host="
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False  # a dead broker must not hold up an upload
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "visibility_timeout": 7200}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "process"
CELERY_TASK_ROUTES = {
    "surveys.datasets.tasks.keep_sort_indexes_task": {"queue": "batch"},
    "surveys.datasets.tasks.*": {"queue": "exports"},
    "surveys.lifecycle.tasks.link_waiting_task": {"queue": "link"},
    "surveys.lifecycle.tasks.relink_task": {"queue": "batch"},
    "surveys.indicators.tasks.*": {"queue": "batch"},
    "surveys.quality.tasks.*": {"queue": "batch"},
    "surveys.corrections.tasks.*": {"queue": "batch"},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
SWEEP_SECONDS = env_int("SWEEP_SECONDS", 15, least=1, most=3600)
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "surveys.lifecycle.tasks.process_waiting_task",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "sweep-links": {
        "task": "surveys.lifecycle.tasks.link_waiting_task",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "audit-links": {
        "task": "surveys.lifecycle.tasks.relink_task",
        "schedule": 86400,
        "options": {"expires": 3600},
    },
    "compute-indicators": {
        "task": "surveys.indicators.tasks.compute_indicators_task",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "check-quality": {
        "task": "surveys.quality.tasks.check_quality_task",
        "schedule": crontab(hour=20, minute=0),  # UTC: one or two at night where the tablets are
        "options": {"expires": 3600},
    },
    "sweep-incoming": {
        "task": "surveys.submissions.tasks.sweep_incoming_task",
        "schedule": 86400,
        "options": {"expires": 3600},
    },
    "force-held-entities": {
        "task": "surveys.entities.tasks.force_held_task",
        "schedule": 600,
        "options": {"expires": 600},
    },
    "plan-visits": {
        "task": "surveys.entities.tasks.plan_visits_task",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "attach-waiting": {
        "task": "sync.tasks.attach_waiting_uploads_task",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "expire-uploads": {
        "task": "sync.tasks.expire_uploads_task",
        "schedule": 86400,
        "options": {"expires": 3600},
    },
    "keep-snapshots": {
        "task": "surveys.datasets.tasks.keep_snapshots_task",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "keep-sort-indexes": {
        "task": "surveys.datasets.tasks.keep_sort_indexes_task",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "sweep-errands": {
        "task": "surveys.corrections.tasks.run_errands_task",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "sweep-exports": {
        "task": "surveys.datasets.tasks.build_waiting_exports_task",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
}
PROCESS_MAX_TRIES = env_int("PROCESS_MAX_TRIES", 5, least=1, most=100)
# Where batches are linked: in this machine, or on a Spark cluster that pyspark is set up for.
LINKAGE_BACKEND = env_choice("LINKAGE_BACKEND", "duckdb", ("duckdb", "spark"))
# How long an entity update waits for the one before it (openrosa.md E8).
FORCE_ENTITY_AFTER_HOURS = env_int("FORCE_ENTITY_AFTER_HOURS", 120, least=1, most=8760)

# --- Web forms: an Enketo server beside us, if there is one ---------------------------------------

ENKETO_URL = env_url("ENKETO_URL", ("http", "https")).rstrip("/")
ENKETO_API_KEY = env_str("ENKETO_API_KEY")
if bool(ENKETO_URL) != bool(ENKETO_API_KEY):
    raise BadSetting("ENKETO_URL and ENKETO_API_KEY", "only one", "both, or neither")

# --- Files and limits ----------------------------------------------------------------------------

MEDIA_ROOT = VAR_DIR / "attachments"
EXPORT_DIR = VAR_DIR / "exports"
SNAPSHOT_DIR = VAR_DIR / "snapshots"
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "backend" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "backend.static_files.StaticFiles"},
}
# A tablet sends up to 102 parts, Enketo any number (openrosa.md S6).
DATA_UPLOAD_MAX_NUMBER_FILES = 5000
MAX_XML_BYTES = env_int("MAX_XML_MB", 20, least=1, most=200) * 1024 * 1024
MAX_UPLOAD_BYTES = env_int("MAX_UPLOAD_MB", 500, least=1, most=100_000) * 1024 * 1024
ACCEPT_CONTENT_LENGTH = env_int("ACCEPT_CONTENT_LENGTH", 10_000_000, least=100_000)

# --- Tablets -------------------------------------------------------------------------------------

TOKEN_GRACE_DAYS = env_int("TOKEN_GRACE_DAYS", 14, least=0, most=365)
OVERDUE_DAYS = env_int("OVERDUE_DAYS", 14, least=1, most=365)

# --- Apps ----------------------------------------------------------------------------------------

ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
INSTALLED_APPS = [
    "backend.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "backend.apps.BackendConfig",
    "backend.accounts",
    "backend.audit",
    "surveys.places",
    "surveys.rounds",
    "surveys.xforms",
    "surveys.privacy",
    "surveys.submissions",
    "surveys.cleaning",
    "surveys.households",
    "surveys.entities",
    "surveys.datasets",
    "surveys.indicators",
    "surveys.interviews",
    "surveys.quality",
    "surveys.corrections",
    "surveys.publishing",
    "surveys.reviewing",
    "surveys.lifecycle",
    "surveys.links",
    "sync",
]
MIDDLEWARE = [
    "backend.middleware.request_id",
    "sync.entrance.tablets_entrance",  # all below is for pages and the JSON API
    "backend.middleware.content_policy",
    "backend.middleware.database_away",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "backend.languages.page_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
AUTHENTICATION_BACKENDS = ["backend.accounts.roles.RoleBackend"]
CSRF_FAILURE_VIEW = "backend.views.page_expired"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "backend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "backend.home.rights",
                "backend.navigation.navigation",
            ],
        },
    },
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# Tokens stand in paths, so no other host may see them; with "no-referrer" browsers send a form
# with `Origin: null`, and Django's CSRF check refuses every login.
SECURE_REFERRER_POLICY = "same-origin"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский"), ("ky", "Кыргызча"), ("tg", "Тоҷикӣ")]
TIME_ZONE = env_choice("TIME_ZONE", "Asia/Dushanbe", ("Asia/Dushanbe", "Asia/Bishkek", "UTC"))
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "backend.formats"
USE_TZ = True

# --- The JSON API --------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.accounts.authentication.PersonalTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["backend.renderers.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "backend.api.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Oila",
    "DESCRIPTION": "Household surveys that survive the road: forms, records and exports.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PATH_CONVERTER_OVERRIDES": {"form_id": str},
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "deviceToken": {
                "type": "http",
                "scheme": "bearer",
                "description": "A tablet's token, from POST /api/v1/sync/enrol or its QR code.",
            }
        }
    },
    # Choices of the same name that are not the same choices.
    "ENUM_NAME_OVERRIDES": {
        "ConflictKind": ["soft", "hard"],
        "LinkKind": "surveys.households.models.CandidateLink.Kind",
        "DecisionSource": "surveys.households.models.LinkDecision.Source",
        "LinkVerdict": "surveys.households.models.LinkDecision.Verdict",
        "Adjudication": "surveys.links.models.Adjudication.Verdict",
        "LinkState": "surveys.households.models.CandidateLink.State",
        "ExportState": "surveys.datasets.models.Export.State",
        "FlagState": "surveys.cleaning.models.QualityFlag.State",
        "CorrectionState": "surveys.corrections.models.Correction.State",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "surveys.datasets.openapi.name_every_form",
    ],
}

# --- Logs ----------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "backend.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {
        "handlers": ["stderr"],
        "level": env_choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
    "loggers": {"django.server": {"handlers": ["stderr"], "propagate": False}},
}
