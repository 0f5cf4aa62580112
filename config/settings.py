"""Settings, read from the environment through typed parsers. `.env.example` says what each name means."""

from datetime import time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
import pghistory
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env
from whitenoise.compress import Compressor

from config.logs import LOGGING  # noqa: F401

# Django's generic classes take their parameters only in its stubs: `forms.ModelForm[Appeal]`.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()

# --- Where it runs ---------------------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
# The city reaches the product by HTTPS when one of its origins says so; then nothing is sent without it.
HTTPS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)

DATABASES = {"default": env.dj_db_url("DATABASE_URL", conn_max_age=60, conn_health_checks=True)}
REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "zhuqitong",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1, "serializer": "config.caching.Json"},
    }
}
if urlsplit(env.str("EMAIL_URL", "dummymail://")).scheme not in {"smtp", "submission", "dummymail"}:
    raise ImproperlyConfigured("EMAIL_URL begins with smtp://, submission:// or dummymail://, which is no mail server.")
vars().update(env.dj_email_url("EMAIL_URL", "dummymail://"))
EMAIL_BACKEND = vars().get("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")
EMAIL_TIMEOUT = vars().get("EMAIL_TIMEOUT") or 10
# By which name links in e-mails and on printed sheets lead here from outside.
PUBLIC_ADDRESS = next(
    (origin.rstrip("/") for origin in CSRF_TRUSTED_ORIGINS if "*" not in origin),
    f"http://{next(iter(ALLOWED_HOSTS), 'localhost')}",
)
DEFAULT_FROM_EMAIL = vars().get("DEFAULT_FROM_EMAIL") or f"zhuqitong@{urlsplit(PUBLIC_ADDRESS).hostname}"

MEDIA_ROOT = env.path("MEDIA_ROOT", BASE_DIR / "media")
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Nothing is served that is not in our own manifest of vendored files, such as what the installed apps bring along.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are read by developers alone, and compressing them would take most of the time.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# --- What the city sets ----------------------------------------------------------------------------------------

SWEEP_SECONDS = env.int("SWEEP_SECONDS", 300)
# How long `migrate` waits for a table that is in use, and others behind it, before it lets them go first.
MIGRATION_LOCK_SECONDS = env.int("MIGRATION_LOCK_SECONDS", 3)
BRIEFING_TIME = env.time("BRIEFING_TIME", time(17, 0))
# When the day's digest of notices goes out by e-mail, on working days.
DIGEST_TIME = time(8, 30)
ALLOW_DEMO = env.bool("ALLOW_DEMO", False)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "Zhuqi-demo-2026")

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = env.str("TIME_ZONE", "Asia/Shanghai")
USE_I18N = True
USE_TZ = True

# --- What it is made of ----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "reports",
    "visits",
    "appeals",
    "enterprises",
    "policies",
    "workflow",
    "cadres",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "crispy_forms",
    "crispy_bootstrap5",
    "axes",
    "csp",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "template_partials",
    "pghistory",
    "pgtrigger",
]

MIDDLEWARE = [
    "config.middleware.trace",
    "config.middleware.behind_proxy",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.keep_out_of_caches",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.LoginRequired",
    "cadres.safety.gate.Gate",
    "cadres.history.remember_who",
    "django.contrib.messages.middleware.MessageMiddleware",
    "cadres.acting.Acting",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cadres.context.shell",
            ],
        },
    },
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "cadres.rendering.Renderer"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# History is read by its subject alone, so no other key in it is indexed (cadres/history.py).
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)

# What the lower floors show of the higher ones, named by dotted string: counts beside the menu's entries.
MENU_COUNTS = {
    "appeals:referrals": "appeals.menu.referrals",
    "appeals:list": "appeals.menu.waiting",
    "appeals:escalations": "appeals.menu.escalated",
    "appeals:orders": "appeals.menu.orders",
    "appeals:instructions": "appeals.menu.instructions",
    "policies:fulfilments": "policies.menu.waiting",
}
# (day, region's path) -> whether people work on that day.
WORKING_DAY = "workflow.worktime.is_working_day"
# (moment, region's path) -> the moment, or when people work next.
WORKING_INSTANT = "workflow.worktime.working_instant"
# Files that go with an e-mail: name in the outbox -> (key) -> cadres.mail.Attachment, or None where it is gone.
MAIL_ATTACHMENTS = {"briefing": "reports.issuing.attachment"}
# Below MEDIA_ROOT: where every file is named by a row, so that one which no row names is left over.
SWEPT_FOLDERS = ("uploads", "imports", "ledgers")
# Lists that can be exported, and the ledger that each becomes.
LIST_LEDGERS = {
    "appeals:list": "appeals",
    "policies:fulfilments": "fulfilments",
    "visits:list": "visits",
    "enterprises:assignments": "assignments",
    "enterprises:status": "operating-status",
    "cadres:audit": "audit",
    "appeals:orders": "supervision",
}
# What goes along when an enterprise moves to another region, each (keys of enterprises) -> {key: sentence}.
ENTERPRISE_MOVES = ["appeals.moving.follow", "policies.moving.follow"]
# Open cases that follow an edit of the calendar or the ladder: what it would move, and the task that moves it.
RULE_MEASURES = ["appeals.recomputing.measure"]
RULE_TASKS = ["appeals.tasks.follow_rules"]
# Panels on an enterprise's page, each (request, enterprise) -> HTML.
ENTERPRISE_PANELS = [
    "visits.panels.of_enterprise",
    "appeals.panels.of_enterprise",
    "policies.panels.of_enterprise",
    "appeals.panels.links_of_enterprise",
]
# Panels on a fulfilment's page, each (request, fulfilment) -> HTML.
FULFILMENT_PANELS = ["appeals.panels.of_fulfilment"]

# --- Signing in ------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "cadres.Cadre"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "cadres.auth.CadreBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "phone", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "cadres.safety.passwords.KindsValidator"},
    {"NAME": "cadres.safety.passwords.WordsValidator"},
    {"NAME": "cadres.safety.passwords.NotTheSameValidator"},
]
# Five wrong passwords lock a username out at one address, for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "cadres.safety.lockout.refuse"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
OTP_TOTP_ISSUER = "驻企通"
# The three administrators need a second factor in any case.
SECOND_FACTOR_FOR_ALL = env.bool("SECOND_FACTOR_FOR_ALL", False)
# A session ends when it has not been used for half an hour, and twelve hours after the sign-in in any case.
IDLE_SECONDS = 30 * 60
CALENDAR_SECONDS = 60  # so long at most is the calendar of before an edit worked with in other processes
SESSION_COOKIE_AGE = 12 * 60 * 60
# Browsers take a cookie of such a name by HTTPS alone, for the whole of this host and for no other host beside it.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
MESSAGE_STORAGE = "config.cookies.Messages"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.form_expired"

# --- What a browser may do -------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if HTTPS:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# Being on the browsers' preload list is a decision for the owner of the whole domain, not for one product.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
