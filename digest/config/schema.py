"""The shape of `digest.yaml`: which keys there are, and what each may hold.

The descriptions are what an editor's completion shows and what messages suggest. How
parts must agree with each other is in `agreement`, what becomes of them in `project`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict

from digest.config import approving, values
from digest.config.images import ImagesPart
from digest.config.kinds import (
    Clocks,
    Count,
    Crons,
    DatabasePlace,
    Days,
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
    SourceName,
    TimeZone,
    TopicName,
    Url,
)
from digest.config.leaving import DeliveryPart, DkimPart
from digest.config.lintpart import LintPart
from digest.config.publishing import NoticePart, SitePart, TopicPart
from digest.config.retention import RetentionPart
from digest.config.returned import BouncesPart
from digest.config.serving import ServePart


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
    same_story_twice: bool = Field(
        default=False,
        description="Mail articles that say nearly the same side by side, too: for "
        "tables that are alike by nature. Otherwise a reader gets one of them.",
    )
    approval: Annotated[Line, AfterValidator(approving.approval)] | None = Field(
        default=None,
        description="`required`: an issue leaves only when one of the `editors` has "
        "approved it. `window 45 minutes`: it is made so long before its time, and "
        "leaves then unless one of them holds it.",
        examples=["required", "window 45 minutes"],
    )
    template: Annotated[Line, AfterValidator(values.template)] = Field(
        default="newsroom",
        description="The design: a folder of your own `templates`, or a stock one.",
        examples=["newsroom"],
    )
    intro: Annotated[str, AfterValidator(values.text)] = Field(
        default="", description="The editor's words above the first story."
    )
    notice: NoticePart | None = Field(
        default=None, description="What stands beside the stories, such as a sponsor."
    )
    inline_images: bool = Field(
        default=False,
        description="Put pictures of article folders into the mails themselves: for "
        "readers inside an organisation, whose pictures are on no public website.",
    )
    feedback: Url | None = Field(
        default=None,
        description="A page that takes the answer to “was this issue useful?”, as "
        "?issue=12&useful=yes.",
        examples=["https://longitude.example/feedback"],
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
    bounces: BouncesPart | None = Field(
        default=None, description="Where returned mail comes to."
    )
    dkim: DkimPart | None = Field(
        default=None,
        description="Sign every mail (DKIM); without it, let your mail server sign.",
    )
    images: ImagesPart | None = Field(default=None, description="Pictures in mails.")
    lint: LintPart | None = Field(
        default=None, description="How mails are looked at before they leave."
    )
    serve: ServePart | None = Field(
        default=None, description="Where `digest serve` listens."
    )
    database: DatabasePlace = Field(
        default="digest.db",
        description="What remembers what was collected and sent: a file, or a database "
        "on a PostgreSQL server.",
        examples=["digest.db", "postgresql://digest@db.longitude.example/digest"],
    )
    database_password: Secret | None = Field(
        default=None,
        description="Where the password for the server of `database` is: env:NAME or "
        "file:path. Without it, PGPASSWORD and ~/.pgpass count.",
        examples=["env:DATABASE_PASSWORD", "file:secrets/database"],
        json_schema_extra={"pattern": "^(env|file):.+"},
        repr=False,
    )
    editors: list[Mailbox] = Field(
        default=[],
        description="Who gets a proof of an issue that needs `approval`, and may "
        "approve it or hold it back.",
        examples=[["desk@longitude.example"]],
    )
    subscribers: FilePath | None = Field(
        default=None,
        description="The file of readers, followed before every send.",
        examples=["subscribers.yaml"],
    )
    retention: RetentionPart = Field(
        default_factory=RetentionPart,
        description="How long is kept what is about single readers.",
    )
    collect_every: Duration = Field(
        default="15 minutes",
        description="How often `digest run` looks for new articles.",
        examples=["15 minutes"],
    )
