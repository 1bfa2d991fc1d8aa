"""Django settings, all from the environment; see docs/reference/settings.md."""

SECRET_KEY = "unset"  # noqa: S105  replaced below once a home folder is known
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, object] = {}
USE_TZ = True
