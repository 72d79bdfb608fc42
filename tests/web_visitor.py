"""A person with a browser without scripts: opens pages over https, fills forms and follows where they lead."""

import re
import ssl
import time
from contextlib import closing
from email import message_from_bytes, policy
from http.client import HTTPMessage, HTTPSConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from forum.submissions import TIMESTAMP_FIELD
from tests.certificates import HOST
from tests.odd_values import FormParser, PageForm
from tests.post_forms import value_of

SECONDS_TO_TYPE = 5  # what is sent faster is taken for a program's
REDIRECTS = (301, 302, 303, 307, 308)


class WebVisitor:
    """Keeps the cookies and the page that is open. `address` is where the proxy of the host listens."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}
        self.url, self.page = f"https://{HOST}/", ""

    def open(self, path: str) -> str:
        """Open a page, and return it."""
        return self._request("GET", path, None)

    def send(self, contains: str, **fields: str) -> str:
        """Fill the form of the page whose fields or address contain a word, send it, and return the page it leads to."""
        form = self.form(contains)
        if TIMESTAMP_FIELD in form.names():
            time.sleep(SECONDS_TO_TYPE)
            fields[TIMESTAMP_FIELD] = value_of(self.page, TIMESTAMP_FIELD)
        values = [pair for pair in form.fields if pair[0] not in fields] + list(fields.items())
        return self._request(form.method, form.action, urlencode(values))

    def form(self, contains: str) -> PageForm:
        """Return the first form of the page with such a field or address."""
        parser = FormParser(self.url)
        parser.feed(self.page)
        forms = [form for form in parser.forms if contains in form.names() or contains in form.action]
        assert forms, f"no form with {contains} at {self.url}: {self.words()}"
        return forms[0]

    def words(self) -> str:
        """Return the words of the open page's main part."""
        main = self.page.partition("<main")[2].partition("</main>")[0]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main))

    def _request(self, method: str, target: str, body: str | None) -> str:
        for _ in range(5):
            referrer, self.url = self.url, urljoin(self.url, target)
            status, headers, self.page = self._answer(method, referrer, body)
            if status not in REDIRECTS:
                assert status == 200, f"{method} {self.url}: {status} {self.words()}"
                return self.page
            method, body, target = "GET", None, headers["Location"]
        raise AssertionError(f"too many redirects: {self.url}")

    def _answer(self, method: str, referrer: str, body: str | None) -> tuple[int, HTTPMessage, str]:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        parts = urlsplit(self.url)
        headers = {"Host": HOST, "User-Agent": "A browser", "Referer": referrer}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}"}
        with closing(HTTPSConnection(self.address, context=context, timeout=120)) as connection:
            connection.request(method, f"{parts.path or '/'}?{parts.query}".rstrip("?"), body, headers)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            return answer.status, answer.headers, answer.read().decode()


def mail_to(folder: Path, recipient: str, contains: str = "") -> str:
    """Return the text of the latest mail to an address in a folder of mails, or "" when there is none yet."""
    for file in sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True):
        letter = message_from_bytes(file.read_bytes(), policy=policy.default)
        part = letter.get_body(("plain",))
        text = part.get_content() if part else ""
        if recipient in letter["To"] and contains in text:
            return str(text)
    return ""


def link_in(text: str) -> str:
    """Return the path of the first link to the site in a mail."""
    match = re.search(rf"https://{re.escape(HOST)}(/\S+)", text)
    assert match, text
    return match[1]
