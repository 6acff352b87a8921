"""The shape of what is published: the site, its topics, a notice beside the stories.

Part of `schema`; the same rules.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from digest.config.kinds import (
    Label,
    Language,
    Line,
    MaybeLine,
    Part,
    SiteUrl,
    Text,
    TimeZone,
    Url,
)


class SitePart(Part):
    """Who publishes: what stands at the head and the foot of every mail."""

    name: Line = Field(
        description="The name of your publication.", examples=["Longitude"]
    )
    tagline: MaybeLine = Field(
        default="", description="A line under the name, at the top of every mail."
    )
    url: SiteUrl = Field(
        description="Your website, beginning with https://; links in mails go there.",
        examples=["https://longitude.example"],
    )
    postal_address: Text = Field(
        description="Your postal address; the law of many countries wants it in mail.",
        examples=["Longitude, 1 Harbour Street, 13002 Marseille, France"],
    )
    language: Language = Field(
        description="The language of articles and newsletters that do not say theirs.",
        examples=["en"],
    )
    timezone: TimeZone = Field(
        description='The time zone in which times such as "07:00" are read.',
        examples=["Europe/Paris"],
    )
    subscribe: Url | None = Field(
        default=None,
        description="Where somebody to whom a mail was passed on gets their own.",
        examples=["https://longitude.example/newsletters"],
    )
    app: Url | None = Field(
        default=None,
        description="Where your app can be had; the end of a mail links it.",
        examples=["https://longitude.example/app"],
    )


class TopicPart(Part):
    """What readers can follow: a title, and the tags of the articles under it."""

    title: Line = Field(
        description="What readers see as the section's heading.",
        examples=["Human rights"],
    )
    description: MaybeLine = Field(
        default="", description="One sentence for readers who choose their topics."
    )
    page: Url | None = Field(
        default=None,
        description="The topic's page on your site, which the section's heading opens.",
        examples=["https://longitude.example/climate"],
    )
    layout: Literal["list", "grid", "brief"] = Field(
        default="list",
        description="How its stories stand: list, grid (two beside each other, under "
        "their pictures), or brief (points of a list).",
        examples=["grid"],
    )
    any: list[Label] = Field(
        default=[],
        description="An article needs at least one of these tags. With neither `any` "
        "nor `all`, it needs the topic's own short name as a tag.",
        examples=[["human rights", "justice"]],
    )
    all: list[Label] = Field(
        default=[],
        description="An article needs every one of these tags.",
        examples=[["climate", "justice"]],
    )
    none: list[Label] = Field(
        default=[],
        description="An article must have none of these tags.",
        examples=[["sport"]],
    )


class NoticePart(Part):
    """A few words beside the stories: a sponsor's, or your own."""

    title: Line = Field(
        description="Its headline.", examples=["Our letters are a book now"]
    )
    text: MaybeLine = Field(default="", description="A sentence or two below it.")
    label: MaybeLine = Field(
        default="",
        description="What it is, above it, such as Advertisement; without it, Notice.",
        examples=["Sponsored"],
    )
    url: Url | None = Field(
        default=None,
        description="Where its headline leads.",
        examples=["https://longitude.example/book"],
    )
