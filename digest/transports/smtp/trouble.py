"""Why an SMTP server cannot be used, in words an operator can act on."""

from __future__ import annotations

import smtplib
import socket
import ssl
from pathlib import Path

from digest.errors import TransportError
from digest.message import HeaderProblem
from digest.oauth import TokenError
from digest.replies import Reply
from digest.settings import SmtpDelivery
from digest.transports.smtp.ends import InsecureError

_NOTHING_LOST = "Nothing is lost: what was not sent waits, so run it again afterwards."

#: What to do about a certificate, by OpenSSL's number (X509_V_ERR_…).
_REMEDIES = {
    9: "it is not valid yet: look at the clock of this machine and of the server",
    10: "renew it on the server, or ask who runs it; is this machine's clock right?",
    62: "write the server's name under delivery.smtp.host as its certificate has it",
    64: "write the server's name, not its number, under delivery.smtp.host",
}


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
    found, remedy = reason(error)
    return _trouble(settings, f"no mail can be sent, {found}; {remedy}")


def lasting(error: OSError | UnicodeError) -> bool:
    """Return whether connecting again would end the same way."""
    match error:
        case smtplib.SMTPServerDisconnected():
            return False
        case smtplib.SMTPResponseException():
            return not 400 <= error.smtp_code < 500  # noqa: PLR2004 "for now"
        case _:
            return isinstance(
                error,
                InsecureError
                | TokenError
                | ssl.SSLCertVerificationError
                | smtplib.SMTPNotSupportedError
                | UnicodeError,
            )


def unwelcome(reply: Reply, settings: SmtpDelivery) -> TransportError:
    """Return what to say when the server takes no mail from us at all."""
    return _trouble(
        settings,
        f"it takes no mail from our sender: {reply}; check the newsletter's sender, "
        "delivery.smtp.bounce_domain, the login, and how much it lets you send",
    )


def no_sender(problem: HeaderProblem, settings: SmtpDelivery) -> TransportError:
    """Return what to say when the address that mails would come from is none."""
    return _trouble(
        settings,
        f"no mail can be sent, {problem}; check the newsletter's sender and "
        "delivery.smtp.bounce_domain",
    )


def malformed(reply: Reply, settings: SmtpDelivery) -> TransportError:
    """Return what to say when the server finds fault with how mails are written."""
    return _trouble(
        settings,
        f"it says that our mails are malformed: {reply}; look at one with "
        "`digest send --test`, and correct the template or the newsletter",
    )


def unwell(number: int, last: str, settings: SmtpDelivery) -> TransportError:
    """Return what to say when connections end as fast as they are opened."""
    return TransportError(
        f"{settings.host}:{settings.port}: {number} messages in a row "
        f"ended with the connection ({last}); wait, or ask who runs the "
        "server. What was not sent waits for the next run."
    )


def _trouble(settings: SmtpDelivery, words: str) -> TransportError:
    return TransportError(f"{settings.host}:{settings.port}: {words}. {_NOTHING_LOST}")


def reason(error: OSError | UnicodeError) -> tuple[str, str]:
    """Return what keeps us from a server, and what to do."""
    match error:
        case InsecureError():
            return (
                f"for {error} is another machine and the line would be in clear",
                "set delivery.smtp.security to tls or starttls",
            )
        case TokenError():
            return (
                f"there is no token to log in with: {error}",
                "run delivery.smtp.token_command by hand to see why",
            )
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate does not hold ({error.verify_message.rstrip('.')})",
                _REMEDIES.get(
                    error.verify_code,
                    "check delivery.smtp.host, or name the authority in ca_file",
                ),
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
                "check delivery.smtp.username, and password or token_command",
            )
        case smtplib.SMTPResponseException():
            wait = "" if lasting(error) else "wait, or "
            return f"it answers {_reply(error)}", f"{wait}ask who runs it"
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
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return (
                "there is no such host, or no name server answers now",
                "check the network and its DNS, then delivery.smtp.host",
            )
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
