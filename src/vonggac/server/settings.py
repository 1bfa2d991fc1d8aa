"""Django settings, all from the environment; each variable stands in docs/reference/settings.md."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from vonggac.server import databases
from vonggac.server.home import Home

PACKAGE = Path(__file__).resolve().parents[1]
VONGGAC_HOME = Home.chosen()

SECRET_KEY = VONGGAC_HOME.secret_key()
DEBUG = os.environ.get("VONGGAC_DEBUG") == "1"

_chosen = databases.chosen(VONGGAC_HOME)
DATABASES = _chosen.settings()
# Migrations name the roles by these, never by a literal: on a shared server they carry the database's name.
VONGGAC_OWNER_ROLE = _chosen.owner.role
VONGGAC_APP_ROLE = _chosen.app.role
VONGGAC_SEALER_ROLE = _chosen.sealer.role

# A practice desk has its own clock and says so on every page.
VONGGAC_IS_EXERCISE = os.environ.get("VONGGAC_EXERCISE") == "1"

# The address under which people reach the desk; links in messages start with it.
VONGGAC_ORIGIN = os.environ.get("VONGGAC_ORIGIN", "http://127.0.0.1:8000").rstrip("/")
_origin = urlsplit(VONGGAC_ORIGIN)
IS_HTTPS = _origin.scheme == "https"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *([_origin.hostname] if _origin.hostname else [])]
CSRF_TRUSTED_ORIGINS = [VONGGAC_ORIGIN]


def _present(*packages: str) -> list[str]:
    """Our own apps, in the order of the layers; one whose `apps.py` is not written yet is left out."""
    return [f"vonggac.{name}" for name in packages if (PACKAGE / name / "apps.py").exists()]


INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "django_htmx",
    *_present("tenancy", "ledger", "register", "cases", "directives", "duty", "botnet", "reports", "desk"),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "vonggac.server.urls"
ASGI_APPLICATION = "vonggac.server.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
SESSION_ENGINE = "django.contrib.sessions.backends.db"

TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]

STATIC_URL = "/static/"
# Files are served from the packages themselves: nothing has to be collected before the first page.
WHITENOISE_USE_FINDERS = True

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

EMAIL_HOST = os.environ.get("VONGGAC_MAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("VONGGAC_MAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("VONGGAC_MAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("VONGGAC_MAIL_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("VONGGAC_MAIL_TLS") == "1"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("VONGGAC_MAIL_FROM", "vonggac@localhost")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = VONGGAC_HOME.path / "mail"

if (PACKAGE / "register" / "apps.py").exists():
    AUTH_USER_MODEL = "register.Person"
