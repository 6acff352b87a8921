"""What the DNS says; the home of dnspython.

"There is none" is an answer and comes back as an empty list; no answer is a
`NoAnswerError`, since nobody knows then.
"""

from __future__ import annotations

from collections.abc import Iterator

import dns.exception
import dns.rdata
import dns.rdatatype
import dns.resolver
import dns.reversename
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

SECONDS = 4.0  #: for one question, however many servers are asked


class NoAnswerError(Exception):
    """The DNS did not answer; `str()` says why, to stand after the name asked for."""


class Names:
    """Asks the DNS; may be shared between threads."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        """Take what asks: the servers that this machine uses, or others."""
        self._resolver = resolver

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name, each with its strings joined."""
        return [
            b"".join(each.strings).decode("utf-8", "replace")
            for each in self._ask(name, "TXT")
            if isinstance(each, TXT)
        ]

    def mail_servers(self, domain: str) -> list[str]:
        """Return who takes a domain's mail, the first to try first; "" is nobody."""
        found = [each for each in self._ask(domain, "MX") if isinstance(each, MX)]
        found.sort(key=lambda each: each.preference)
        return [
            each.exchange.to_text(omit_final_dot=True).rstrip(".") for each in found
        ]

    def addresses(self, name: str) -> list[str]:
        """Return the numeric addresses of a name, of both kinds."""
        kinds = ("A", "AAAA")
        return [each.to_text() for kind in kinds for each in self._ask(name, kind)]

    def pointers(self, address: str) -> list[str]:
        """Return the names that a numeric address claims to have (PTR)."""
        name = dns.reversename.from_address(address).to_text()
        return [each.to_text().rstrip(".") for each in self._ask(name, "PTR")]

    def _ask(self, name: str, kind: str) -> Iterator[dns.rdata.Rdata]:
        try:
            if self._resolver is None:
                self._resolver = dns.resolver.Resolver()
            answer = self._resolver.resolve(name, kind, lifetime=SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return iter(())
        except dns.exception.Timeout:
            raise NoAnswerError(f"no answer within {SECONDS:g} seconds") from None
        except dns.resolver.NoNameservers:
            raise NoAnswerError("the name server failed or refused") from None
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise NoAnswerError(f"it cannot be asked ({error})") from None
        return iter(answer)
