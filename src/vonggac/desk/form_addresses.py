"""Addresses that only take forms: what somebody sees who opens one, and the page to which it belongs."""

import contextlib

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme


def page_above(path: str) -> str:
    """The address of the nearest page above: /cases/7/ for /cases/7/claim/; the first page where there is none."""
    while path := path.rstrip("/").rpartition("/")[0]:
        for address in (f"{path}/", path):
            with contextlib.suppress(Resolver404):
                resolve(address)
                return address
    return "/"


def page_of_form(request: HttpRequest) -> str:
    """The page of the desk on which the sent form stood, as the browser names it; else the page above its address."""
    named = request.headers.get("Referer", "")
    with contextlib.suppress(DisallowedHost):  # that host is why some requests are refused
        if url_has_allowed_host_and_scheme(named, {request.get_host()}, require_https=request.is_secure()):
            return named
    return page_above(request.path)


def explained(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response, or a page with the way back in place of a bare “method not allowed”; its headers stay."""
    # Answers of the programming interface say it in its own form.
    if not isinstance(response, HttpResponseNotAllowed) or response.content:
        return response
    page: HttpResponse = render(request, "405.html", {"above": page_above(request.path)}, status=response.status_code)
    page.headers["Allow"] = response.headers["Allow"]
    return page
