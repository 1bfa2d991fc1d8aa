"""Django settings, all from the environment; each variable stands in docs/reference/settings.md."""

import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

from vonggac.server import databases, single_sign_on
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

# A practice desk has its own clock and says so on every page; its home is marked, so no setting makes a real one so.
VONGGAC_IS_EXERCISE = (VONGGAC_HOME.path / "exercise").is_dir()

# The address under which people reach the desk; links in messages start with it.
VONGGAC_ORIGIN = VONGGAC_HOME.origin()
_origin = urlsplit(VONGGAC_ORIGIN)
IS_HTTPS = _origin.scheme == "https"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *([_origin.hostname] if _origin.hostname else [])]
CSRF_TRUSTED_ORIGINS = [VONGGAC_ORIGIN]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "procrastinate.contrib.django",
    "django_htmx",
    # Ours, in the order of the layers.
    "vonggac.ledger",
    "vonggac.register",
    "vonggac.cases",
    "vonggac.directives",
    "vonggac.duty",
    "vonggac.botnet",
    "vonggac.alerts",
    "vonggac.reports",
    "vonggac.desk",
    # After the desk, whose templates take the place of theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "vonggac.desk.security.SecurityHeaders",
    "vonggac.server.static.StaticFiles",
    "vonggac.desk.people_first.PeopleFirst",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "vonggac.desk.access.AccessMiddleware",
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
                "vonggac.desk.security.access_of_request",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# A whole shift, and no more.
SESSION_COOKIE_AGE = 12 * 60 * 60
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name", "phone")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Sign-in (docs/adr/0032-sign-in.md): by mail address, nobody signs up by themselves.
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "vonggac.desk.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# An administrator enters the address; the person proves it is theirs by the one-time link that is sent there.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Vọng Gác] "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# Five wrong answers for one address lock it for five minutes; many addresses from one machine are slowed down too.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,5/300s/key"}
MFA_ADAPTER = "vonggac.desk.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Vọng Gác"
MFA_TOTP_TOLERANCE = 1
# Browsers themselves allow passkeys without TLS on this machine's own name alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
SOCIALACCOUNT_ADAPTER = "vonggac.desk.adapter.SingleSignOnAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = single_sign_on.providers(os.environ)

CACHES = {
    # Counters of refused sign-ins: shared by all web processes and kept over a restart.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "register_counter"},
    # Counters of the programming interface: one process's own, because each call would cost a write otherwise.
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "vonggac"},
    # Apart from the counters above: what does not fit is counted again, and no counter is thrown out for it.
    "counts": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "counts"},
}

# Calls a minute of one token; what one upload may weigh, and what a request may carry beside its files.
VONGGAC_API_PER_MINUTE = int(os.environ.get("VONGGAC_API_PER_MINUTE", "600"))
VONGGAC_UPLOAD_BYTES = int(os.environ.get("VONGGAC_UPLOAD_MEGABYTES", "200")) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]

STATIC_URL = "/static/"
# Files are served from the packages themselves: nothing has to be collected before the first page.
WHITENOISE_USE_FINDERS = True

# Browsers keep one jar for all ports of a machine: a practice desk beside the real one must not sign it out, nor a
# restored copy, which has the same key and another folder.
_COOKIES = hashlib.sha256(f"cookie names {SECRET_KEY} {VONGGAC_HOME.path}".encode()).hexdigest()[:8]
SESSION_COOKIE_NAME = f"vonggac-session-{_COOKIES}"
CSRF_COOKIE_NAME = f"vonggac-csrf-{_COOKIES}"
LANGUAGE_COOKIE_NAME = f"vonggac-language-{_COOKIES}"
VONGGAC_MESSAGES_COOKIE_NAME = f"vonggac-messages-{_COOKIES}"
MESSAGE_STORAGE = "vonggac.desk.flash.Storage"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_FAILURE_VIEW = "vonggac.desk.failing.forged"
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
# Without a mail server nothing is written anywhere: letters carry links, and a file of them would be a file of keys.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"

# Hosts inside a network (with a port or without) that gateways and Apprise may reach all the same.
VONGGAC_PRIVATE_DESTINATIONS = frozenset(
    name.strip().lower() for name in os.environ.get("VONGGAC_PRIVATE_DESTINATIONS", "").split(",") if name.strip()
)

AUTH_USER_MODEL = "register.Person"

# What goes wrong is printed where the desk runs; the service manager keeps it. Django alone would mail it to nobody.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Pages that are not there and refused forms are no faults of the desk.
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "vonggac": {"handlers": ["console"], "level": "INFO"},
    },
}
