"""What the DNS must say of the domains mail comes from: SPF, DKIM, DMARC, MX, PTR.

Gmail, Yahoo, Outlook and Apple refuse mail to many readers without the first three
(their pages for senders). Only what stands in the DNS is looked at; which machines an
SPF record allows is for whoever runs the relay to know.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import NamedTuple

from digest.doctor.names import Names, NoAnswerError
from digest.doctor.observations import Observation, ok, unseen, warning, wrong
from digest.message.dkim import Record
from digest.settings import Dkim


class Question(NamedTuple):
    """Something to ask the DNS."""

    thing: str  #: what it is about
    answer: Callable[[Names], Observation]  #: raises `NoAnswerError`


def spf(domain: str, *, returned: bool) -> Question:
    """Ask whether a domain says who may send for it (RFC 7208).

    Receivers look at the domain of returned mail (`returned`); of a sender's other
    domain it only looks better.
    """
    thing = f"SPF of {domain}"

    def answer(names: Names) -> Observation:
        found = [
            each
            for each in names.texts(domain)
            if each.lower().split(" ")[0] == "v=spf1"
        ]
        if not found:
            say = wrong if returned else warning
            return say(
                thing,
                "there is no record",
                'publish one TXT record, such as "v=spf1 include:RELAY -all", with what '
                "your mail provider names",
            )
        if len(found) > 1:
            return wrong(
                thing,
                f"{len(found)} records, which counts as none: {'; '.join(found)}",
                "make one record of them",
            )
        return _spf_terms(thing, found[0])

    return Question(thing, answer)


def _spf_terms(thing: str, record: str) -> Observation:
    terms = record.lower().split()[1:]
    if terms == ["-all"]:
        return wrong(
            thing, f"{record}: nobody may send", "add your relay in front of -all"
        )
    if "+all" in terms or "all" in terms:
        return warning(
            thing,
            f"{record}: everybody may send, which filters hold against you",
            "end it with -all or ~all",
        )
    return ok(thing, record)


def dkim(record: Record) -> Question:
    """Ask whether the key in the DNS is the one that signs (RFC 6376 section 3.6.1)."""
    thing = f"DKIM at {record.name}"
    publish = "publish what `digest dkim record` shows"

    def answer(names: Names) -> Observation:
        found = [each for each in names.texts(record.name) if "p" in tags(each)]
        if not found:
            return wrong(thing, "there is no key", publish)
        if len(found) > 1:
            return wrong(
                thing, f"{len(found)} records, of which any may be taken", "leave one"
            )
        there = tags(found[0])
        if not there["p"]:
            return wrong(thing, "the key was withdrawn (p= is empty)", publish)
        if there["p"] != tags(record.value)["p"]:
            return wrong(
                thing,
                "the key is not the one in digest.yaml, so every signature fails",
                f"{publish}, or put the right key into digest.yaml",
            )
        if "y" in there.get("t", "").split(":"):
            return warning(
                thing, "it is said to be a test (t=y)", "take t=y out of the record"
            )
        return ok(thing, "the key that signs")

    return Question(thing, answer)


def tags(record: str) -> dict[str, str]:
    """Return a record of the form ``v=…; p=…`` by tag, values without white space."""
    pairs = (each.partition("=") for each in record.split(";"))
    return {
        name.strip().lower(): "".join(value.split())
        for name, sign, value in pairs
        if sign
    }


def dmarc(domain: str) -> Question:
    """Ask what is to happen with mail that is not ours (RFC 9989).

    A domain without a record of its own has that of a domain above it.
    """
    thing = f"DMARC of {domain}"

    def answer(names: Names) -> Observation:
        for above in _and_above(domain):
            name = f"_dmarc.{above}"
            found = [
                each for each in names.texts(name) if tags(each).get("v") == "DMARC1"
            ]
            if len(found) > 1:
                return wrong(
                    thing,
                    f"{len(found)} records at {name}, which count as none",
                    "leave one",
                )
            if found:
                return _dmarc_tags(thing, name, found[0])
        return wrong(
            thing,
            "there is no record",
            f'publish a TXT record at _dmarc.{domain}: "v=DMARC1; p=none" to begin with',
        )

    return Question(thing, answer)


def _and_above(domain: str) -> Iterator[str]:
    """Yield a domain and those above it, but for a country's or another common one."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        yield ".".join(labels[start:])


def _dmarc_tags(thing: str, name: str, record: str) -> Observation:
    if tags(record).get("p", "").lower() not in ("none", "quarantine", "reject"):
        return warning(
            thing, f"{record} at {name}: it has no p=", "add p=none to begin with"
        )
    return ok(thing, f"{record} at {name}")


def signer(domain: str, signing: Dkim | None) -> Observation:
    """Say whether mail of a sender's domain is signed so that DMARC counts it."""
    thing = f"signature for {domain}"
    if signing is None:
        return warning(
            thing,
            "mails leave unsigned (no `dkim` in digest.yaml)",
            "nothing if your mail provider signs for this domain; else "
            "`digest dkim keygen --selector NAME`",
        )
    signs = signing.domain or domain
    if f".{domain}".endswith(f".{signs}") or signs.endswith(f".{domain}"):
        return ok(thing, f"{signs} signs")
    return warning(
        thing,
        f"{signs} signs, which DMARC does not count for {domain} unless both are "
        "parts of one domain",
        "take `domain` out of `dkim` in digest.yaml",
    )


def returned_mail(domain: str) -> Question:
    """Ask who takes what comes back (MX, RFC 5321 section 5.1)."""
    thing = f"MX of {domain}"
    lost = "returned mail is lost, and some receivers refuse ours"

    def answer(names: Names) -> Observation:
        servers = names.mail_servers(domain)
        if not servers:
            if names.addresses(domain):
                return warning(
                    thing,
                    "there is none; its own address counts instead",
                    "publish an MX record that names the server",
                )
            return wrong(thing, f"there is none: {lost}", "publish an MX record for it")
        if servers == [""]:
            return wrong(
                thing,
                f'it takes no mail ("MX 0 ."): {lost}',
                "name a server, or set delivery.smtp.bounce_domain to a domain that has one",
            )
        nowhere = [each for each in servers if not names.addresses(each)]
        if len(nowhere) == len(servers):
            return wrong(
                thing,
                f"{', '.join(nowhere)} has no address: {lost}",
                "correct the MX record, or give the server an address",
            )
        return ok(thing, ", ".join(servers))

    return Question(thing, answer)


def pointer(address: str) -> Question:
    """Ask whether a relay named by its address has a name that leads back to it."""
    thing = f"PTR of {address}"
    remedy = (
        "ask whoever gave you the address to set its reverse name to the name of the "
        "server, and let that name lead to the address"
    )

    def answer(names: Names) -> Observation:
        if not ipaddress.ip_address(address).is_global:
            return unseen(thing, "it is a private address, which receivers never see")
        found = names.pointers(address)
        if not found:
            return wrong(
                thing, "it has no name, for which Gmail and others refuse mail", remedy
            )
        if not any(address in names.addresses(each) for each in found):
            return wrong(
                thing, f"{', '.join(found)} does not lead back to {address}", remedy
            )
        return ok(thing, ", ".join(found))

    return Question(thing, answer)


def asked(question: Question, names: Names) -> Observation:
    """Ask; where the DNS gives no answer, say so."""
    try:
        return question.answer(names)
    except NoAnswerError as error:
        return warning(
            question.thing,
            f"the DNS gave no answer: {error}",
            "check this machine's network and name servers, then look again",
        )
