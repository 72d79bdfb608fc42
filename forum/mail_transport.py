"""How mail looks when it leaves, and its way: a connection to the server, or the folder, that FORUM_MAIL_URL names."""

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default as policy
from email.utils import format_datetime
from enum import Enum, auto
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app

from forum.config import TLS_OFF
from forum.db import forbid_transaction, now
from forum.mail_bounces import is_bad_address, new_message_id

TIMEOUT = 15  # seconds that one answer of the server may take
PERMANENT = 500  # RFC 5321: codes from here on say that trying again is of no use
SERVICE_CLOSING = 421  # RFC 5321: the server ends the connection
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class Outcome(Enum):
    """What became of a mail."""

    ACCEPTED = auto()
    # The server said no to this mail for now; others may go.
    REFUSED = auto()
    # The server said no to this mail, and would say so again (RFC 5321: 5xx).
    REFUSED_FOR_GOOD = auto()
    # The server said no because the address does not exist.
    BAD_ADDRESS = auto()
    # The server did not answer before the text was sent, or takes no mail from us: others need not be tried.
    UNREACHABLE = auto()
    # The whole text was sent and no answer came: the recipient may have the mail or not.
    IN_DOUBT = auto()


class NoAnswer(OSError):
    """The connection ended between the text of a mail and the server's answer."""


class NoTls(smtplib.SMTPException):
    """The server would take mail in clear only."""


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


def composed(content: dict[str, str]) -> EmailMessage:
    """Return the mail as it is sent."""
    # The longest lines that mail allows: a folded header would have the unsubscribe link encoded.
    message = EmailMessage(policy=policy.clone(max_line_length=998))
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = content["to"]
    message["Subject"] = content["subject"]
    message["Date"] = format_datetime(now())
    # Mail of an earlier version has none.
    message["Message-ID"] = content.get("message_id") or new_message_id(content["to"])
    message["Auto-Submitted"] = "auto-generated"
    if "unsubscribe" in content:
        message["List-Unsubscribe"] = f"<{content['unsubscribe']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(content["text"])
    message.add_alternative(content["html"], subtype="html")
    return message


def outcome_of(error: Exception) -> Outcome:
    """Return what an error of `Transport.send` means for the mail."""
    if isinstance(error, NoAnswer):
        return Outcome.IN_DOUBT
    if isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        is_bad_address(code, answer) for code, answer in error.recipients.values()
    ):
        return Outcome.BAD_ADDRESS
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPSenderRefused):
        return Outcome.UNREACHABLE
    if isinstance(error, smtplib.SMTPNotSupportedError | ValueError):
        return Outcome.REFUSED
    codes = _codes(error)
    if not codes or SERVICE_CLOSING in codes:
        return Outcome.UNREACHABLE
    return Outcome.REFUSED_FOR_GOOD if min(codes) >= PERMANENT else Outcome.REFUSED


def describe(error: Exception) -> str:
    """Return the class of an error and the server's codes, without the words: they may quote an address."""
    return " ".join([type(error).__name__, *map(str, _codes(error))])


def _codes(error: Exception) -> list[int]:
    """Return the codes with which the server refused, in ascending order; none when it did not answer."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return sorted({code for code, _ in error.recipients.values()})
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def needs_tls(url: SplitResult) -> bool:
    """Return whether mail to this server goes out over TLS or not at all: all but that to this machine."""
    is_exempt = url.query == TLS_OFF or (url.hostname or "localhost") in THIS_MACHINE
    return url.scheme == "smtps" or (url.scheme == "smtp" and not is_exempt)


def _start_tls(smtp: _Smtp) -> None:
    smtp.ehlo()
    if not smtp.has_extn("starttls"):
        smtp.close()
        raise NoTls(
            "the mail server offers no TLS (STARTTLS), so no mail is sent to it. "
            f"Use smtps:// if it has TLS on another port, or add ?{TLS_OFF} if nobody can listen in"
        )
    smtp.starttls(context=ssl.create_default_context())


def _open(url: SplitResult) -> _Smtp | _SmtpOverTls | None:
    host, port = url.hostname or "localhost", url.port
    smtp: _Smtp | _SmtpOverTls
    if url.scheme == "file":
        return None
    if url.scheme == "smtps":
        smtp = _SmtpOverTls(host, port or 465, timeout=TIMEOUT, context=ssl.create_default_context())
    elif url.scheme == "smtp":
        smtp = _Smtp(host, port or 25, timeout=TIMEOUT)
        if needs_tls(url):
            _start_tls(smtp)
    else:
        raise ValueError("FORUM_MAIL_URL must begin with smtp://, smtps:// or file:")
    if url.username:
        smtp.login(unquote(url.username), unquote(url.password or ""))
    return smtp
