"""The desk's own files (styles, scripts, marks), served by the process itself."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise carries no types
    """whitenoise with whole answers: its file iterator is synchronous, which Django under ASGI reads with a warning.

    The files are ours and at most some hundred kilobytes, so each fits in memory.
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The file, or 304 when the browser has it."""
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["content-type"]
        for name, value in found.headers:
            response[name] = value
        if response.status_code == HTTPStatus.OK and request.method == "GET":
            # whitenoise remembers sizes from the start; an upgrade below a running desk changes them.
            response["Content-Length"] = str(len(content))
        return response
