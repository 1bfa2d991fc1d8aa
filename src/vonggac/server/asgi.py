"""The ASGI application that uvicorn serves."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from vonggac.server.body_limit import BodyLimit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.server.settings")
_desk = get_asgi_application()
application = BodyLimit(_desk, settings.VONGGAC_UPLOAD_BYTES)
