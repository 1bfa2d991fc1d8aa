"""The ASGI application that uvicorn serves."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.server.settings")
_desk = get_asgi_application()

from vonggac.desk.stream import tabs  # noqa: E402  its models need Django set up
from vonggac.server.alert_webhook import AlertWebhook  # noqa: E402
from vonggac.server.body_limit import BodyLimit  # noqa: E402
from vonggac.server.closing import Closing  # noqa: E402

application = Closing(AlertWebhook(BodyLimit(_desk, settings.VONGGAC_UPLOAD_BYTES)), tabs.close)
