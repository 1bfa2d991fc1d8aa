"""A request that is answered anew stands as it came."""

from django.contrib import messages
from django.contrib.messages.middleware import MessageMiddleware
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory

from vonggac.desk.requests import make_afresh


def test_files_are_read_from_their_beginning_and_nothing_is_said_twice():
    request = RequestFactory().post(
        "/", {"files": [SimpleUploadedFile("a.txt", b"abc"), SimpleUploadedFile("b", b"d")]}
    )
    request.session = {}
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    read = [file.read() for file in request.FILES.getlist("files")]
    messages.success(request, "kept")
    make_afresh(request)
    assert [file.read() for file in request.FILES.getlist("files")] == read == [b"abc", b"d"]
    assert not list(messages.get_messages(request))
