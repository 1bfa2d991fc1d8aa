"""Sign-in through the office's own identity provider (OpenID Connect), where the environment names one."""

from collections.abc import Mapping
from typing import Any

from vonggac.errors import ConfigurationError


def providers(environ: Mapping[str, str]) -> dict[str, Any]:
    """The provider that `VONGGAC_OIDC_SERVER` names, in the form allauth reads; empty where none is named."""
    server = environ.get("VONGGAC_OIDC_SERVER", "").rstrip("/")
    if not server:
        return {}
    missing = [name for name in ("VONGGAC_OIDC_CLIENT", "VONGGAC_OIDC_SECRET") if not environ.get(name)]
    if missing:
        raise ConfigurationError(f"VONGGAC_OIDC_SERVER is set, and {' and '.join(missing)} must be too")
    if not server.startswith("https://") and not server.startswith("http://127.0.0.1"):
        raise ConfigurationError("VONGGAC_OIDC_SERVER must begin with https://, or sign-ins could be forged on the way")
    app = {
        "provider_id": "office",
        "name": environ.get("VONGGAC_OIDC_NAME", "OpenID Connect"),
        "client_id": environ["VONGGAC_OIDC_CLIENT"],
        "secret": environ["VONGGAC_OIDC_SECRET"],
        "settings": {"server_url": server, "token_auth_method": "client_secret_basic"},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
