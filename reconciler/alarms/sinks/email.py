"""E-mail: a plain text by SMTP (RFC 5321), with TLS unless the settings turn it off."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from secrets import token_hex

from reconciler.alarms.rendering import render
from reconciler.alarms.sinks.context import REMEDIES, SinkContext, SinkError, failed, subject
from reconciler.collectors.http import tls_context
from reconciler.collectors.http.untrusted import explain_untrusted
from reconciler.config.alarms import EmailSink
from reconciler.config.secret import username
from reconciler.errors import Problem
from reconciler.model.alarm import Alarm
from reconciler.text import clean, counted, enumerated, visible

_MAX_SUBJECT = 200


def send(sink: EmailSink, alarm: Alarm, context: SinkContext) -> Problem | None:
    """Send the mail; return a problem if the server refused some of the addresses.

    Raises `ReconcilerError` if it reached no address.
    """
    login = _login(sink, context)
    secret = login[1] if login else ""
    with _explained(sink, secret), _connected(sink, context) as server:
        if login:
            server.login(*login)
        refused = server.send_message(message(sink, alarm), sink.sender, list(sink.to))
    if not refused:
        return None
    what = f"{sink.host} refused {counted(len(refused), 'address')}: {enumerated(sorted(refused))}"
    return Problem(subject(sink.name), what, "remove them from to, or have the server accept them")


def message(sink: EmailSink, alarm: Alarm) -> EmailMessage:
    """Return the mail. Its headers hold only text of ours, in one line each."""
    mail = EmailMessage(SMTP)
    mail["Subject"] = visible(alarm.subject, _MAX_SUBJECT)
    mail["From"] = sink.sender
    mail["To"] = ", ".join(sink.to)
    mail["Date"] = format_datetime(datetime.now(UTC))
    domain = sink.sender.rpartition("@")[2]
    mail["Message-ID"] = f"<{alarm.run_id or 'test'}.{token_hex(4)}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail.set_content(render(alarm, "email"), cte="quoted-printable")
    return mail


def _login(sink: EmailSink, context: SinkContext) -> tuple[str, str] | None:
    if sink.user is None or sink.password is None:
        return None
    about = subject(sink.name)
    return username(sink.user, context.environment, about), sink.password.resolve(context.environment, about)


@contextmanager
def _connected(sink: EmailSink, context: SinkContext) -> Iterator[smtplib.SMTP]:
    """Yield the connection, encrypted as the settings want it; it ends in good order if it can."""
    seconds = max(0.1, min(sink.timeout.total_seconds(), context.deadline.left))
    trust = None if sink.security == "none" else _trust(sink, context)
    name = _own_name()
    if sink.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            sink.host, sink.connects_to, name, timeout=seconds, context=trust
        )
    else:
        server = smtplib.SMTP(sink.host, sink.connects_to, name, timeout=seconds)
    try:
        if sink.security == "starttls":
            server.starttls(context=trust)
        yield server
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def _trust(sink: EmailSink, context: SinkContext) -> ssl.SSLContext:
    return tls_context.choose(
        ca_file=sink.ca_file,
        fingerprints=sink.fingerprint,
        verify_tls=sink.verify_tls,
        root=context.root,
        remedies=REMEDIES,
    )


def _own_name() -> str:
    """Return the name of this machine for the greeting; the library would ask DNS for it, which may hang."""
    name = socket.gethostname()
    return name if name.isascii() and name else "localhost"


@contextmanager
def _explained(sink: EmailSink, secret: str) -> Iterator[None]:
    """Turn what the library raises into one line with a remedy."""
    at = f"{sink.host}:{sink.connects_to}"
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        what = f"{at} refuses the login ({_answer(error, secret)})"
        raise failed(sink.name, what, "check user and password", "login-refused") from None
    except smtplib.SMTPNotSupportedError as error:
        what = f"{at} does not offer what is needed: {clean(str(error), secret)}"
        raise failed(sink.name, what, "set security to what the server offers") from None
    except smtplib.SMTPRecipientsRefused as error:
        what = f"{at} refused every address: {enumerated(sorted(error.recipients))}"
        raise failed(sink.name, what, "check to, and whether the server relays for this machine") from None
    except smtplib.SMTPResponseException as error:
        raise failed(sink.name, f"{at} answers {_answer(error, secret)}", "see its log") from None
    except ssl.SSLCertVerificationError as error:
        what, remedy = explain_untrusted(error, REMEDIES)
        raise failed(sink.name, f"{at}: {what}", remedy, "untrusted-certificate") from None
    except (smtplib.SMTPException, OSError) as error:
        raise _unreachable(sink, at, error, secret) from None


def _answer(error: smtplib.SMTPResponseException, secret: str) -> str:
    text = error.smtp_error
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"{error.smtp_code} {clean(shown, secret)}".strip()


def _unreachable(sink: EmailSink, at: str, error: Exception, secret: str) -> SinkError:
    if isinstance(error, TimeoutError):
        what, remedy = f"{at}: no answer in time", "check host, port and the firewall"
        return failed(sink.name, what, remedy, "timeout")
    if isinstance(error, ssl.SSLError):
        remedy = "check security and port: 587 is starttls, 465 is tls"
        return failed(sink.name, f"{at}: TLS failed ({clean(error.reason or str(error))})", remedy)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        remedy = "check security and port: 587 is starttls, 465 is tls"
        return failed(sink.name, f"{at} ended the connection", remedy, "connection-lost")
    text = clean(getattr(error, "strerror", None) or str(error), secret)
    return failed(sink.name, f"{at} cannot be reached ({text})", "check host and port", "unreachable")
