"""The part `retention` of `digest.yaml`."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from digest.config.kinds import Age, Part
from digest.config.values import FOREVER, minutes
from digest.settings import Retention


class RetentionPart(Part):
    """How long is kept what is about single readers: 90 days, 12 weeks, forever."""

    deliveries: Age = Field(
        default="90 days",
        description="What each reader got of each issue, once it is settled. The "
        "numbers of an issue stay.",
        examples=["30 days", "forever"],
    )
    refusals: Age = Field(
        default="365 days",
        description="In a reader's history: mails that a server refused for now.",
        examples=["180 days"],
    )
    unconfirmed: Age = Field(
        default="30 days",
        description="Who asked for mail by a form and never confirmed.",
        examples=["14 days"],
    )


def retention(part: RetentionPart) -> Retention:
    """Return how long what is kept."""
    return Retention(
        deliveries=_age(part.deliveries),
        refusals=_age(part.refusals),
        unconfirmed=_age(part.unconfirmed),
    )


def _age(written: str) -> timedelta | None:
    return None if written == FOREVER else timedelta(minutes=minutes(written))
