"""A request that is answered anew stands as it came."""

import pytest
from django.contrib import messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory

from vonggac.desk import frame
from vonggac.desk.requests import make_afresh


def test_files_are_read_from_their_beginning_and_nothing_is_said_twice():
    request = RequestFactory().post(
        "/", {"files": [SimpleUploadedFile("a.txt", b"abc"), SimpleUploadedFile("b", b"d")]}
    )
    request.session = SessionStore("a-key-of-some-length-that-nobody-has")
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    read = [file.read() for file in request.FILES.getlist("files")]
    messages.success(request, "kept")
    make_afresh(request)
    assert [file.read() for file in request.FILES.getlist("files")] == read == [b"abc", b"d"]
    assert not list(messages.get_messages(request))


@pytest.mark.django_db
def test_what_was_counted_and_kept_for_the_answer_that_was_lost_is_forgotten():
    session = SessionStore()
    session["node"] = "1/"
    session.save()
    request = RequestFactory().get("/")
    request.session = SessionStore(session.session_key)
    counted = frame.of(request)
    request.session["handed in"] = ["once"]
    make_afresh(request)
    assert dict(request.session.items()) == {"node": "1/"}
    assert frame.of(request) is not counted
