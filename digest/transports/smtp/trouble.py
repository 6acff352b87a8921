"""Why an SMTP server cannot be used, in words an operator can act on."""

from __future__ import annotations

import smtplib
import socket
import ssl
from pathlib import Path

from digest.errors import TransportError
from digest.settings import SmtpDelivery
from digest.transports.smtp.replies import InsecureError, Reply

_NOTHING_LOST = "Nothing is lost: what was not sent waits, so run it again afterwards."


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return what checks certificates and names: the system's, or one authority's."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise TransportError(
            f"delivery.smtp.ca_file: {ca_file} cannot be used ({error}); "
            "name a PEM file with the certificate of the authority"
        ) from error


def explained(error: OSError | UnicodeError, settings: SmtpDelivery) -> TransportError:
    """Return what went wrong while connecting: where, what, and what to do."""
    found, remedy = _found(error)
    return TransportError(
        f"{settings.host}:{settings.port}: no mail can be sent, {found}; {remedy}. "
        f"{_NOTHING_LOST}"
    )


def _found(error: OSError | UnicodeError) -> tuple[str, str]:
    match error:
        case InsecureError():
            return (
                f"for {error} is another machine and the line would be in clear",
                "set delivery.smtp.security to tls or starttls",
            )
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate does not hold ({error.verify_message})",
                "check delivery.smtp.host, or name the authority in ca_file",
            )
        case ssl.SSLError():
            return (
                f"TLS failed ({error.reason or error})",
                "check the port: 465 goes with security tls, 587 with starttls",
            )
        case smtplib.SMTPException():
            return _answered(error)
        case _:
            return _unreached(error)


def _answered(error: smtplib.SMTPException) -> tuple[str, str]:
    """Return what is wrong with a server that did answer."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return (
                f"it refuses the login: {_reply(error)}",
                "check delivery.smtp.username and password",
            )
        case smtplib.SMTPResponseException():
            return f"it answers {_reply(error)}", "ask who runs it"
        case smtplib.SMTPServerDisconnected():
            return (
                f"the line broke before anything was sent ({error})",
                "check that host, port and security belong together",
            )
        case _:
            return (
                f"{error}".rstrip("."),
                "check security, port and login under delivery.smtp",
            )


def _unreached(error: OSError | UnicodeError) -> tuple[str, str]:
    """Return why nobody answers there."""
    match error:
        case socket.gaierror() | UnicodeError():
            return "there is no such host", "check delivery.smtp.host"
        case ConnectionRefusedError():
            return "nothing listens there", "start the server, or check the port"
        case TimeoutError():
            return "it does not answer", "check host, port and firewall"
        case _:
            return f"the way is closed ({error})", "check the network"


def _reply(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return str(Reply(error.smtp_code, words))
