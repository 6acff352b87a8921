"""The shape of `digest.yaml`: which keys there are, and what each may hold.

The descriptions are what an editor's completion shows and what messages suggest. How
parts must agree with each other is in `agreement`, what becomes of them in `project`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from digest.config import values
from digest.config.kinds import (
    Clocks,
    Count,
    Crons,
    Days,
    Domain,
    Duration,
    FilePath,
    Label,
    Language,
    Line,
    Mailbox,
    MaybeLine,
    Part,
    Place,
    Places,
    Secret,
    Selector,
    SigningKey,
    SiteUrl,
    SourceName,
    Text,
    TimeZone,
    TopicName,
    Url,
)
from digest.config.lintpart import LintPart


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


class TopicPart(Part):
    """What readers can follow: a title, and the tags of the articles under it."""

    title: Line = Field(
        description="What readers see as the section's heading.",
        examples=["Human rights"],
    )
    description: MaybeLine = Field(
        default="", description="One sentence for readers who choose their topics."
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


class SchedulePart(Part):
    """When a newsletter goes out by itself: days and times, or cron expressions."""

    days: Days | None = Field(
        default=None,
        description="daily, weekdays, weekends, or a list of days; without it, daily.",
        examples=["weekdays", ["monday", "thursday"]],
    )
    at: Clocks | None = Field(
        default=None,
        description="One time of day or several, in quotes, in the newsletter's zone.",
        examples=["07:00", ["07:00", "18:30"]],
    )
    cron: Crons | None = Field(
        default=None,
        description="Instead of `days` and `at`: minute hour day month weekday.",
        examples=["0 7 * * 1-5"],
    )
    max_lateness: Duration = Field(
        default="6 hours",
        description="How late an issue may still go out after the machine was off.",
        examples=["6 hours"],
    )


class LimitsPart(Part):
    """How much one mail may hold."""

    articles: Count = Field(
        default=12, description="Articles in one mail.", examples=[12]
    )
    per_topic: Count = Field(
        default=5, description="Articles in one section.", examples=[5]
    )
    minimum: Count = Field(
        default=1,
        description="With fewer articles, a reader gets no mail.",
        examples=[1],
    )
    max_age_days: Count | None = Field(
        default=None,
        description="Leave out articles published longer ago than this many days.",
        examples=[30],
    )


class NewsletterPart(Part):
    """A publication that comes again and again: its sender, contents and times."""

    title: Line = Field(
        description="Its name, as readers see it.", examples=["Longitude Daily"]
    )
    tagline: MaybeLine | None = Field(
        default=None, description="A line under the title; without it, the site's."
    )
    sender: Mailbox = Field(
        description="Who the mail is from: a name and an address.",
        examples=["Longitude <digest@longitude.example>"],
    )
    reply_to: Mailbox | None = Field(
        default=None,
        description="Where answers go; without it, to the sender.",
        examples=["desk@longitude.example"],
    )
    topics: list[TopicName] | None = Field(
        default=None,
        description="Its sections, in this order; without it, all topics.",
        examples=[["human-rights", "climate"]],
    )
    sources: list[SourceName] | None = Field(
        default=None,
        min_length=1,
        description="The names of the sources it draws on; without it, all.",
        examples=[["articles"]],
    )
    schedule: SchedulePart | None = Field(
        default=None, description="When it goes out; without it, only by hand."
    )
    limits: LimitsPart | None = Field(
        default=None, description="How much one mail may hold, and how little."
    )
    template: Annotated[Line, AfterValidator(values.template)] = Field(
        default="newsroom",
        description="The design: a folder of your own `templates`, or a stock one.",
        examples=["newsroom"],
    )
    intro: Annotated[str, AfterValidator(values.text)] = Field(
        default="", description="The editor's words above the first story."
    )
    language: Language | None = Field(
        default=None,
        description="Its language; without it, the site's.",
        examples=["fr"],
    )
    timezone: TimeZone | None = Field(
        default=None,
        description="Its time zone; without it, the site's.",
        examples=["Europe/Paris"],
    )


class SourcePart(Part):
    """Where articles come from: one of `folder`, `feed` and `page`."""

    folder: FilePath | None = Field(
        default=None,
        description="A folder of Markdown, HTML and text files.",
        examples=["articles"],
    )
    feed: Place | None = Field(
        default=None,
        description="An RSS, Atom or JSON feed: its web address, or a file.",
        examples=["https://longitude.example/feed.xml"],
    )
    page: Places | None = Field(
        default=None,
        description="Web pages with one article each: web addresses, files, or "
        "patterns such as saved/*.html.",
        examples=["https://longitude.example/story", ["saved/*.html"]],
    )
    name: Line | None = Field(
        default=None,
        description="What newsletters and messages call it; without it, from the "
        "folder, file or web address.",
        examples=["wire"],
    )
    tags: list[Label] = Field(
        default=[],
        description="Tags given to every article from here.",
        examples=[["wire"]],
    )
    language: Language | None = Field(
        default=None,
        description="The language of its articles that do not say theirs.",
        examples=["fr"],
    )
    images_url: Url | None = Field(
        default=None,
        description="Where the pictures of this folder are published.",
        examples=["https://longitude.example/media"],
    )
    allow_private: bool = Field(
        default=False,
        description="true: fetch it although its server is not on the public Internet.",
        examples=[True],
    )


class SmtpPart(Part):
    """The mail server that takes the messages."""

    host: Annotated[Line, AfterValidator(values.host)] = Field(
        description="The server's name.", examples=["mail.example.org"]
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None,
        description="Without it: 465 with tls, 587 with starttls, 25 with none.",
        examples=[465],
    )
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls",
        description="tls, starttls (always required), or none for this machine only.",
        examples=["tls"],
    )
    username: Line | None = Field(
        default=None,
        description="The account's name.",
        examples=["digest@longitude.example"],
    )
    password: Secret | None = Field(
        default=None,
        description="Where the password is: env:NAME (a variable of the environment) "
        "or file:path. Never the password itself.",
        examples=["env:SMTP_PASSWORD", "file:secrets/smtp"],
        json_schema_extra={"pattern": "^(env|file):.+"},
        repr=False,
    )
    ca_file: FilePath | None = Field(
        default=None,
        description="Certificates (PEM) of a private authority to trust.",
        examples=["secrets/ca.pem"],
    )
    bounce_domain: Domain | None = Field(
        default=None,
        description="The domain that receives returned mail; without it, the sender's.",
        examples=["bounces.longitude.example"],
    )


class DeliveryPart(Part):
    """Where mails go: one of `files` and `smtp`."""

    files: FilePath | None = Field(
        default=None,
        description="A folder to write them to; nothing is sent.",
        examples=["outbox"],
    )
    smtp: SmtpPart | None = Field(default=None, description="A mail server.")


class DkimPart(Part):
    """The key that signs every mail, so that nobody else can write in your name."""

    selector: Selector = Field(
        description="The name under which the DNS of your domain has the public key.",
        examples=["s2026"],
    )
    key: SigningKey = Field(
        description="Where the private key is: file:path, or env:NAME (a variable of "
        "the environment). `digest dkim keygen` makes one.",
        examples=["file:secrets/dkim-s2026.pem"],
        json_schema_extra={"pattern": "^(env|file):.+"},
        repr=False,
    )
    domain: Domain | None = Field(
        default=None,
        description="The domain that signs, above the senders'; without it, the sender's.",
        examples=["longitude.example"],
    )


_ONE_SOURCE: JsonDict = {
    "oneOf": [{"required": [key]} for key in ("folder", "feed", "page")]
}
_ONE_WAY: JsonDict = {"oneOf": [{"required": [key]} for key in ("files", "smtp")]}


class SettingsFile(Part):
    """Everything about a newsroom but its articles and readers."""

    site: SitePart = Field(description="Who publishes.")
    topics: dict[str, TopicPart] = Field(
        default={}, description="What readers can follow, each under its short name."
    )
    newsletters: dict[str, NewsletterPart] = Field(
        description="What you publish, each under its short name.", min_length=1
    )
    sources: list[Annotated[SourcePart, Field(json_schema_extra=_ONE_SOURCE)]] = Field(
        default=[], description="Where articles come from."
    )
    delivery: DeliveryPart = Field(
        description="Where mails go.", json_schema_extra=_ONE_WAY
    )
    dkim: DkimPart | None = Field(
        default=None,
        description="Sign every mail (DKIM); without it, let your mail server sign.",
    )
    lint: LintPart | None = Field(
        default=None, description="How mails are looked at before they leave."
    )
    database: FilePath = Field(
        default="digest.db",
        description="The file that remembers what was collected and sent.",
        examples=["digest.db"],
    )
    subscribers: FilePath | None = Field(
        default=None,
        description="The file of readers, followed before every send.",
        examples=["subscribers.yaml"],
    )
    collect_every: Duration = Field(
        default="15 minutes",
        description="How often `digest run` looks for new articles.",
        examples=["15 minutes"],
    )


# -- the schema -------------------------------------------------------------


class _Plain(GenerateJsonSchema):
    """A schema for people: no titles made from names, no "or null"."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 theirs
        """Leave out titles that only repeat the key."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Describe only the value; what may be absent need not be null."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out defaults that only say "not given"."""
        described = super().default_schema(schema)
        if described.get("default") in (None, "", [], {}):
            described.pop("default", None)
        return described


def settings_schema() -> dict[str, object]:
    """Return the JSON Schema of `digest.yaml`, for completion in text editors."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "digest.yaml",
        **SettingsFile.model_json_schema(schema_generator=_Plain),
    }
