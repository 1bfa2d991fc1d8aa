"""Every button of the desk that changes something, as its templates name them."""

import re
from collections import Counter
from collections.abc import Iterator

from vonggac.desk.catalogue import PACKAGE

TEMPLATES = PACKAGE / "desk" / "templates"
# Pages that stand beside the five places and are tried by tests of their own: signing in, people's access, the
# exercise, links in messages, the messages themselves.
BESIDE = ("access/", "account/", "allauth/", "socialaccount/", "exercise/", "links/", "messages/")
_FORM = re.compile(r"<form\b(?P<words>[^>]*(?:\{%.*?%\}[^>]*)*)>(?P<inside>.*?)</form>", re.DOTALL)
_ACTION = re.compile(r'action="(?P<action>[^"]*)"')
_ROUTE = re.compile(r"\{% url '(?P<name>[\w-]+)'(?P<arguments>[^%]*)%\}")
_CHOICE = re.compile(r'<button[^>]*?\bname="(?P<name>\w+)" value="(?P<value>\w+)"')
_INCLUDED = re.compile(r'\{% include "(?P<template>[\w/.]+)" with act="(?P<act>[\w-]+)"')


def collect() -> list[str]:
    """One name a button: its template, where its form goes (route and fixed words, `itself`, or a variable), its value.

    Forms of one template that go to the same place are told apart by a number behind.
    """
    found: Counter[str] = Counter()
    named = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        template = path.relative_to(TEMPLATES).as_posix()
        if not template.startswith(BESIDE):
            for name in _of_template(template, path.read_text(encoding="utf-8")):
                found[name] += 1
                named.append(name if found[name] == 1 else f"{name} {found[name]}")
    return named


def _of_template(template: str, text: str) -> Iterator[str]:
    for form in _FORM.finditer(text):
        if 'method="post"' in form["words"]:
            yield from _of_form(template, form["words"], form["inside"])
    # A button may send its form elsewhere; a preview changes nothing.
    for action in re.findall(r'<button[^>]*\bformaction="([^"]*)"', text):
        if not (route := _route(action)).endswith("preview"):
            yield f"{template} {route}"
    for call in re.findall(r'hx-(?:post|put|patch|delete)="([^"]*)"', text):
        yield f"{template} hx {_route(call)}"


def _of_form(template: str, words: str, inside: str) -> Iterator[str]:
    action = _ACTION.search(words)
    route = _route(action["action"]) if action else "itself"
    if route.endswith(" act"):
        for act in _acts_of(template):
            yield f"{template} {route.removesuffix(' act')} {act}"
        return
    choices = [f" {name}={value}" for name, value in _CHOICE.findall(inside)]
    for choice in choices or [""]:
        yield f"{template} {route}{choice}"


def _route(action: str) -> str:
    """The route and its fixed words; a template's variable is called what it is called."""
    found = _ROUTE.search(action)
    if found is None:
        return action.strip("{} ")
    fixed = [word.strip("'") for word in found["arguments"].split() if word.startswith("'") or word == "act"]
    return " ".join((found["name"], *fixed))


def _acts_of(template: str) -> list[str]:
    """The acts for which other templates include this one."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.rglob("*.html")))
    return [found["act"] for text in texts for found in _INCLUDED.finditer(text) if found["template"] == template]
