"""Forms and parameters as a walk over the site finds them, and what a stranger may send in their place."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

from forum.submissions import HONEYPOT
from tests.factories import PASSWORD

ROOT = Path(__file__).parent.parent
# Fields as a browser sends them: (name, value) pairs, since a name may come twice.
Fields = list[tuple[str, str]]
MISSING: list[str] = []
# What is sent in place of a field's value; several values are sent one after the other under the same name.
ODD_VALUES: dict[str, list[str]] = {
    "missing": MISSING,
    "empty": [""],
    "20 digits, and more": ["9" * 20, "x"],
    "5,000 digits": ["0001" + "9" * 4996],
    "negative, and more": ["-1", "2"],
    "superscript": ["²"],
    "65 characters": ["x" * 65],
    "long": ["Straße 東京 " * 1500],
    "dirty": ["a\x00b\udcff<b>'\"--%s{{ 7 }}"],
    "unseen": ["\u200b\u3164\u00ad"],
    "path": ["//evil.example/../\\?a=[1]&{}"],
}
# Names that are arguments of functions, in case that query strings are passed on as such.
ARGUMENT_NAMES = ["endpoint", "_method", "_scheme", "_external", "_anchor", "self", "values", "slug", "post_id"]
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FILE_FIELDS = ("title", "body", "email", "password", "name", "intent", "submission", "current_password", "reason")
FILES = (
    b"".join(
        f"--x\r\nContent-Disposition: form-data; name={name}; filename=a.txt\r\n\r\nfile\r\n".encode()
        for name in FILE_FIELDS
    )
    + b"--x--\r\n"
)
# (content type, body) of requests that no form sends.
ODD_BODIES = [
    (FORM, b""),
    (FORM, b"\xff\xfe=%zz&&=;;%00"),
    (FORM, b"a=1&" * 3000),
    (f"{FORM}; charset=utf-7", b"body=+ADw-b+AD4-"),
    (MULTIPART, b"body=1"),
    (f"{MULTIPART}; boundary=x", b"--x\r\nContent-Disposition: form-data; name=body\r\n\r\ncut off"),
    (f"{MULTIPART}; boundary=x", FILES),
    (f"{MULTIPART}; boundary=x", b"--x\r\n" + b"\r\n--x" * 2000),
    ("application/json", b'{"body": ' + b"[" * 3000),
    ("text/plain", "body=1 東京".encode()),
    ("", b"\x00\x01"),
]
ODD_HEADERS = [
    ("Accept-Encoding", "gzip;q=x, *;q=-1"),
    ("Accept-Language", "de;q=9,,;;," * 200),
    ("Cookie", "session=.eJx; remember_token=1|x; =; \xff"),
    ("Cookie", "session=" + "x" * 5000),
    ("If-None-Match", 'W/"x, *,"'),
    ("If-Modified-Since", "Thu, 99 Nov 0000 99:99:99 GMT"),
    ("Range", "bytes=9-1,-,5-99999999999999999999"),
    ("Referer", "http://[::1/"),
    ("Origin", "null"),
    ("User-Agent", "x" * 5000),
    ("X-Forwarded-For", "unknown, [2001:db8::7]:4711"),
    ("Host", "evil.example:x"),
]
PATH_VALUES = [
    "0",
    "-1",
    "2147483648",
    "9" * 20,
    "9" * 5000,
    "٣",
    "zzzzzzzzzz",
    "x" * 5000,
    "%ff%fe",
    "%00",
    "a'b",
    "0000-00",
]


TEXT = "We registered eleven deals at this vendor. Nine were approved, and two of them came back to us."
# What people type into an empty field, by its name or its type; other text fields get a few words.
PLAUSIBLE = {"form_timestamp": "", HONEYPOT: "", "tags": "deals", "email": "new@walkers.example", "password": PASSWORD}
PLAUSIBLE |= {"vendor": "Northwind", "into": "Lakeside", "description": "a large supplier", "title": "Eleven deals"}
PLAUSIBLE |= {"url": "https://walkers.example", "current_password": PASSWORD, "text": "Plain words", "number": "3"}
PLAUSIBLE |= {
    "bids_granted": "0",
    "bids_refused_tier": "0",
    "bids_refused_registered": "0",
    "domain": "walkers.example",
}
# What is sent whatever the page suggests, so that more of the forms are accepted and reach the database.
ALWAYS = {"form_timestamp": "", "vendor_naming": "named", "good_faith": "y"}


def plausible(name: str, kind: str) -> str:
    """Return what somebody might type into an empty field."""
    return PLAUSIBLE.get(name, PLAUSIBLE.get(kind, ""))


class PageForm(NamedTuple):
    """A form on a page: where it is sent, how, and its fields with what a browser would send unchanged."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]

    def with_value(self, name: str, values: list[str]) -> Fields:
        """Return the fields with these values in place of one field's."""
        return [pair for pair in self.fields if pair[0] != name] + [(name, value) for value in values]

    def names(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self.fields))


class FormParser(HTMLParser):
    """Collect the forms of a page. Of buttons the first is taken, of radio buttons the checked one or the last."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.address = address
        self.fields: dict[str, str] | None = None
        self.form: dict[str, str | None] = {}
        self.checked: set[str] = set()
        self.names: set[str] = set()
        self.text_area: str | None = None
        self.select: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        name = values.get("name") or ""
        if tag == "form":
            self.form, self.fields, self.checked, self.names = values, {}, set(), set()
        elif self.fields is None:
            return
        elif tag == "button" and name:
            self.fields.setdefault(name, values.get("value") or "")
        elif tag == "input" and name:
            self.add_input(name, values)
        elif tag == "textarea":
            self.text_area = name
            self.fields[name] = ""
        elif tag == "select":
            self.select = name
            self.fields.setdefault(name, "")
        elif tag == "option" and self.select is not None and values.get("value"):
            self.fields[self.select] = values["value"] or ""

    def add_input(self, name: str, values: dict[str, str | None]) -> None:
        self.names.add(name)
        kind, is_checked = values.get("type") or "text", "checked" in values
        if (kind == "checkbox" and not is_checked) or (kind == "radio" and name in self.checked and not is_checked):
            return
        self.checked |= {name} if is_checked else set()
        kind = "number" if values.get("inputmode") in ("numeric", "decimal") else kind
        assert self.fields is not None
        self.fields[name] = values.get("value") or self.fields.get(name) or plausible(name, kind)

    def handle_data(self, data: str) -> None:
        if self.text_area is not None and self.fields is not None:
            self.fields[self.text_area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.text_area is not None and self.fields is not None:
            self.fields[self.text_area] = self.fields[self.text_area].strip() or TEXT
            self.text_area = None
        elif tag == "select":
            self.select = None
        elif tag == "form" and self.fields is not None:
            method, action = (self.form.get("method") or "get").upper(), self.form.get("action") or self.address
            self.fields |= {name: value for name, value in ALWAYS.items() if name in self.names}
            if method != "DIALOG":
                self.forms.append(PageForm(action, method, tuple(self.fields.items())))
            self.fields = None


def forms_in(page: str, address: str) -> list[PageForm]:
    """Return the forms on a page."""
    parser = FormParser(address)
    parser.feed(page)
    return parser.forms


@cache
def parameter_names(path: Path) -> list[str]:
    """Return the names that a file reads from a query string or a form."""
    names = re.findall(r"(?:request\.\w+(?:\.get|\.getlist)?[\[(]|int_arg\()\"(\w+)\"", path.read_text())
    return ["w_presales", *names]


def odd_paths(rule: Any) -> Iterator[str]:
    """Yield the paths of a route with odd values in place of its arguments."""
    for value in PATH_VALUES if rule.arguments else ():
        yield re.sub(r"<[^>]*>", value, rule.rule)
