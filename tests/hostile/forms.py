"""The forms of a page as a browser sees them: where they go, and what may be filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

SUBMITTING = frozenset({"submit", "button", "image", "reset"})


@dataclass
class Input:
    """`values` are what the page offers: the choices of a select, the value of an input."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)


@dataclass
class Form:
    method: str
    action: str
    inputs: dict[str, Input] = field(default_factory=dict)


def forms_of(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select: Input | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._open = Form(values.get("method", "get").lower(), values.get("action", ""))
            self.forms.append(self._open)
        elif tag in {"input", "textarea", "select"} and values.get("name") and self._open is not None:
            self._add(self._open, tag, values)
        elif tag == "option" and self._select is not None:
            self._select.values.append(values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None

    def _add(self, form: Form, tag: str, values: dict[str, str]) -> None:
        kind = values.get("type", "text") if tag == "input" else tag
        if kind in SUBMITTING:
            return
        found = form.inputs.setdefault(values["name"], Input(values["name"], kind))
        if tag == "select":
            self._select = found
        elif "value" in values:
            found.values.append(values["value"])
