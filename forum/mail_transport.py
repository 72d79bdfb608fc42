"""The way that mail leaves: a connection to the SMTP server or the folder that FORUM_MAIL_URL names."""

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from enum import Enum, auto
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app

from forum.db import forbid_transaction
from forum.mail_bounces import is_bad_address

TIMEOUT = 15  # seconds that one answer of the server may take
SERVICE_CLOSING = 421  # RFC 5321: the server ends the connection


class Outcome(Enum):
    """What became of a mail."""

    ACCEPTED = auto()
    # The server said no to this mail; others may go.
    REFUSED = auto()
    # The server said no because the address does not exist.
    BAD_ADDRESS = auto()
    # There was no answer before the text was sent: this mail was not accepted, and others need not be tried.
    UNREACHABLE = auto()
    # The whole text was sent and no answer came: the recipient may have the mail or not.
    IN_DOUBT = auto()


class NoAnswer(OSError):
    """The connection ended between the text of a mail and the server's answer."""


class NotOurs(smtplib.SMTPException):
    """Another process has taken over the mail, because this one was too slow."""


class _KnowsDoubt:
    """A mixin for smtplib's classes that knows when a mail may have arrived.

    It calls `before_text` before it sends a text, and tells a lost answer to the text from every other failure.
    """

    before_text: Callable[[], None] | None = None

    def data(self, text: bytes | str) -> tuple[int, bytes]:
        """Send the text. Raises NoAnswer when the server does not say whether it took it."""
        if self.before_text is not None:
            self.before_text()
        try:
            answer: tuple[int, bytes] = super().data(text)
        except smtplib.SMTPResponseException:
            raise
        except OSError as error:
            raise NoAnswer from error
        return answer


class _Smtp(_KnowsDoubt, smtplib.SMTP):
    pass


class _SmtpOverTls(_KnowsDoubt, smtplib.SMTP_SSL):
    pass


class Transport:
    """A connection that opens with the first mail. Every mail is sent outside of a transaction."""

    def __init__(self) -> None:
        self.url = urlsplit(current_app.config["MAIL_URL"])
        self._smtp: _Smtp | _SmtpOverTls | None = None

    def __enter__(self) -> "Transport":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._smtp:
            self._smtp.close()

    def check(self) -> None:
        """Connect, sign in and ask for nothing. Raises OSError, SMTPException or ValueError."""
        if smtp := self._connected():
            smtp.noop()
        else:
            self._folder()

    def send(self, message: EmailMessage, *, before_text: Callable[[], None]) -> None:
        """Send a mail; before its text is sent, `before_text` is called, which leaves no transaction open.

        Raises OSError, SMTPException or ValueError; `outcome_of` says what an error means.
        """
        if smtp := self._connected():
            smtp.before_text = before_text
            smtp.send_message(message)
            return
        before_text()
        name = message["Message-ID"].strip("<>").split("@")[0]
        (self._folder() / f"{name}.eml").write_bytes(message.as_bytes())

    def _connected(self) -> "_Smtp | _SmtpOverTls | None":
        """Return the connection, opened if need be; None when mail goes to a folder."""
        forbid_transaction()
        if self._smtp is None:
            self._smtp = _open(self.url)
        return self._smtp

    def _folder(self) -> Path:
        folder = Path(self.url.path)
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def outcome_of(error: Exception) -> Outcome:
    """Return what an error of `Transport.send` means for the mail."""
    if isinstance(error, NoAnswer):
        return Outcome.IN_DOUBT
    if isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        is_bad_address(code, answer) for code, answer in error.recipients.values()
    ):
        return Outcome.BAD_ADDRESS
    if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPNotSupportedError | ValueError):
        return Outcome.REFUSED
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError):
        return Outcome.UNREACHABLE
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code != SERVICE_CLOSING:
        return Outcome.REFUSED
    return Outcome.UNREACHABLE


def describe(error: Exception) -> str:
    """Return the class of an error and the server's codes, without the words: they may quote an address."""
    codes: list[int] = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
    elif isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    return " ".join([type(error).__name__, *map(str, codes)])


def _open(url: SplitResult) -> _Smtp | _SmtpOverTls | None:
    host, port = url.hostname or "localhost", url.port
    smtp: _Smtp | _SmtpOverTls
    if url.scheme == "file":
        return None
    if url.scheme == "smtps":
        smtp = _SmtpOverTls(host, port or 465, timeout=TIMEOUT, context=ssl.create_default_context())
    elif url.scheme == "smtp":
        smtp = _Smtp(host, port or 25, timeout=TIMEOUT)
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
    else:
        raise ValueError("FORUM_MAIL_URL must begin with smtp://, smtps:// or file:")
    if url.username:
        smtp.login(unquote(url.username), unquote(url.password or ""))
    return smtp
