"""One reader as written in a file, YAML or CSV, and as the product knows them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from digest.addresses import check_address, same_address_key
from digest.config.kinds import (
    Address,
    Count,
    Followed,
    Hour,
    Language,
    Line,
    MaybeLine,
    Moment,
    NewsletterName,
    OwnDays,
    Part,
    TimeZone,
    TopicName,
)
from digest.config.references import Known
from digest.config.values import either, moment
from digest.model import Consent, Format, Length, Preferences, Status, Subscriber
from digest.slots import weekdays


class ConsentPart(Part):
    """When and where a reader asked for mail."""

    at: Moment | None = Field(default=None, examples=["2026-02-03"])
    where: MaybeLine = ""


class ReaderPart(Part):
    """One entry of a YAML file of readers, or one line of a CSV file."""

    address: Address = Field(examples=["amira@example.org"])
    name: MaybeLine = ""
    language: Language | None = Field(default=None, examples=["fr"])
    timezone: TimeZone | None = Field(default=None, examples=["Europe/Paris"])
    newsletters: list[NewsletterName] | None = Field(default=None, examples=[["daily"]])
    follows: list[Followed] = Field(
        default=[], examples=[["human-rights", "tag:lisbon"]]
    )
    mutes: list[Followed] = Field(default=[], examples=[["sport"]])
    top: list[TopicName] = Field(default=[], examples=[["climate"]])
    format: Literal["html", "text"] = "html"
    length: Literal["headlines", "summaries", "full"] = "summaries"
    limit: Count | None = Field(default=None, examples=[8])
    days: OwnDays = Field(default=[], examples=[["friday"], "weekdays"])
    hour: Hour | None = Field(default=None, examples=["18:00"])
    paused_until: Moment | None = Field(default=None, examples=["2026-12-24"])
    status: Literal["pending", "active", "unsubscribed", "removed", "bounced"] = (
        "active"
    )
    consent: ConsentPart = Field(default_factory=ConsentPart)
    left: list[Line] = Field(default=[], examples=[["weekly"]])


class SubscribersFile(Part):
    """A YAML file of readers."""

    subscribers: list[ReaderPart] = Field(examples=["[]"])


def subscriber(part: ReaderPart, known: Known) -> Subscriber:
    """Return the reader; one who names no newsletters takes the only one there is."""
    zone = part.timezone or ""
    newsletters = known.newsletters if part.newsletters is None else part.newsletters
    return Subscriber(
        id="",
        address=part.address,
        name=part.name,
        language=part.language or "",
        timezone=zone,
        preferences=Preferences(
            newsletters=frozenset(newsletters),
            follows=tuple(dict.fromkeys(part.follows)),
            mutes=frozenset(part.mutes),
            top=frozenset(part.top),
            format=Format(part.format),
            length=Length(part.length),
            limit=part.limit,
            days=weekdays(part.days),
            hour=part.hour,
        ),
        status=Status(part.status),
        paused_until=moment(part.paused_until, zone) if part.paused_until else None,
        consent=Consent(
            at=moment(part.consent.at, zone) if part.consent.at else None,
            where=part.consent.where,
        ),
        left=frozenset(part.left),
    )


def newsletters_left_out(known: Known) -> str:
    """Return what to say of a reader without newsletters, or nothing if that is well."""
    if len(known.newsletters) == 1:
        return ""
    if not known.newsletters:
        return "`newsletters` is missing, and there is none to take; add one to digest.yaml"
    return (
        "`newsletters` is missing, and there are several; name those the reader takes: "
        + either(known.newsletters)
    )


def same_reader_key(address: object) -> str:
    """Return what is equal for two written addresses of one reader; "" for a wrong one."""
    if not isinstance(address, str):
        return ""
    written = address.strip()
    if not written.isascii():
        try:
            written = check_address(written)
        except ValueError:
            return ""
    return same_address_key(written)
