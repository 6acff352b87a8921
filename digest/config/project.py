"""From the text of `digest.yaml` to `Settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from digest.addresses import check_mailbox
from digest.config.agreement import (
    disagreements,
    mapping,
    sequence,
    source_name,
)
from digest.config.approving import approval_of
from digest.config.complaints import complaints
from digest.config.databases import database_place
from digest.config.files import Findings, read_text, stop
from digest.config.leaving import DeliveryPart, DkimPart, SmtpPart
from digest.config.lintpart import LintPart
from digest.config.publishing import NoticePart, TopicPart
from digest.config.references import Known
from digest.config.retention import retention
from digest.config.returned import bounces
from digest.config.schema import (
    LimitsPart,
    NewsletterPart,
    SchedulePart,
    SettingsFile,
    SourcePart,
)
from digest.config.serving import ServePart
from digest.config.values import command, is_url, minutes, per_second
from digest.model import Limits, Newsletter, Notice, Schedule, Topic
from digest.settings import (
    Dkim,
    FeedSource,
    FilesDelivery,
    FolderSource,
    InDoubt,
    LintSettings,
    PageSource,
    Security,
    ServeSettings,
    Settings,
    Site,
    SmtpDelivery,
    SourceSettings,
)
from digest.slots import crons
from digest.tags import slugs
from digest.yamltext import scan_yaml

FILE_NAME = "digest.yaml"

_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


def load_settings(
    path: Path, *, environment: Mapping[str, str], secrets_needed: bool = True
) -> Settings:
    """Read `digest.yaml`, given itself or its folder.

    Raises `FileProblems` with every mistake in it, by place. Secrets are taken from
    `environment` or their files; one that is not there is a mistake only where they
    are needed, and else empty.
    """
    if _is_folder(path):
        if not (path / FILE_NAME).exists():
            stop(
                str(path),
                f"there is no {FILE_NAME} in this folder; name another folder, or make a "
                f"newsroom with `digest init {path}`",
            )
        path /= FILE_NAME
    document, problems = scan_yaml(read_text(path), file=str(path))
    findings = Findings(file=str(path), document=document, problems=problems)
    value = _with_empty_parts(document.value)
    root = path.parent.resolve()
    known = replace(_known(value, root, environment), secrets_needed=secrets_needed)
    checked = _checked(value, findings, known)
    findings.finish()
    assert checked is not None  # or there were findings
    settings = _settings(checked, root)
    return replace(settings, secret_files=tuple(dict.fromkeys(known.secret_files)))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # too long a name, for example; reading it says which
        return False


def _checked(value: object, findings: Findings, known: Known) -> SettingsFile | None:
    """Note everything that is wrong; return the settings if nothing is amiss with each."""
    checked = None
    try:
        checked = SettingsFile.model_validate(value, context=known)
    except ValidationError as error:
        written = findings.document.marks
        findings.add(complaints(error, SettingsFile, written=written))
    findings.add(disagreements(value, findings.document))
    return checked


def _with_empty_parts(value: object) -> object:
    """Return the file's value with a mapping for each topic and newsletter, even an empty one."""
    if not isinstance(value, dict):
        return {} if value is None else value
    named = {
        key: {n: {} if part is None else part for n, part in value[key].items()}
        for key in ("topics", "newsletters")
        if isinstance(value.get(key), dict)
    }
    return value | named


def _known(value: object, root: Path, environment: Mapping[str, str]) -> Known:
    settings = mapping(value)
    sources = (source_name(mapping(s)) for s in sequence(settings.get("sources")))
    return Known(
        topics=list(mapping(settings.get("topics"))),
        newsletters=list(mapping(settings.get("newsletters"))),
        sources=list(filter(None, sources)),
        root=root,
        environment=environment,
    )


# -- from checked parts to values -------------------------------------------


def _settings(file: SettingsFile, root: Path) -> Settings:
    site = Site(
        name=file.site.name,
        url=file.site.url,
        postal_address=file.site.postal_address,
        language=file.site.language,
        timezone=file.site.timezone,
        tagline=file.site.tagline,
        subscribe_url=file.site.subscribe or "",
        app_url=file.site.app or "",
    )
    topics = {name: _topic(name, part) for name, part in file.topics.items()}
    return Settings(
        root=root,
        site=site,
        topics=tuple(topics.values()),
        newsletters=tuple(
            _newsletter(name, part, site=site, topics=topics)
            for name, part in file.newsletters.items()
        ),
        sources=tuple(_source(part, root) for part in file.sources),
        delivery=_delivery(file.delivery, root),
        in_doubt=InDoubt(file.delivery.in_doubt),
        dkim=_dkim(file.dkim) if file.dkim else None,
        bounces=bounces(file.bounces, root) if file.bounces else None,
        database=database_place(
            file.database, root=root, password=file.database_password or ""
        ),
        editors=tuple(check_mailbox(each).address for each in file.editors),
        subscribers=root / file.subscribers if file.subscribers else None,
        collect_every_minutes=minutes(file.collect_every),
        images_allowed=frozenset(file.images.allow if file.images else ()),
        lint=_lint(file.lint or LintPart(), root),
        serve=_serve(file.serve or ServePart()),
        retention=retention(file.retention),
    )


def _topic(name: str, part: TopicPart) -> Topic:
    asks = part.any or part.all
    return Topic(
        slug=name,
        title=part.title,
        description=part.description,
        page=part.page or "",
        layout=part.layout,
        any=slugs(part.any) if asks else frozenset({name}),
        all=slugs(part.all),
        none=slugs(part.none),
    )


def _newsletter(
    name: str, part: NewsletterPart, *, site: Site, topics: Mapping[str, Topic]
) -> Newsletter:
    limits = part.limits or LimitsPart()
    sender = check_mailbox(part.sender)
    return Newsletter(
        slug=name,
        title=part.title,
        sender=replace(sender, name=sender.name or part.title),  # From needs a name
        language=part.language or site.language,
        timezone=part.timezone or site.timezone,
        tagline=site.tagline if part.tagline is None else part.tagline,
        reply_to=check_mailbox(part.reply_to) if part.reply_to else None,
        topics=tuple(
            topics[t] for t in (topics if part.topics is None else part.topics)
        ),
        sources=frozenset(part.sources or ()),
        schedule=_schedule(part.schedule) if part.schedule else None,
        limits=Limits(
            articles=limits.articles,
            per_topic=limits.per_topic,
            minimum=limits.minimum,
            max_age_days=limits.max_age_days,
        ),
        same_story_twice=part.same_story_twice,
        approval=approval_of(part.approval) if part.approval else None,
        template=part.template,
        intro=part.intro,
        notice=_notice(part.notice) if part.notice else None,
        feedback=part.feedback or "",
        inline_images=part.inline_images,
    )


def _notice(part: NoticePart) -> Notice:
    return Notice(
        title=part.title, text=part.text, label=part.label, url=part.url or ""
    )


def _schedule(part: SchedulePart) -> Schedule:
    return Schedule(
        crons=tuple(part.cron or crons(part.days or ["daily"], part.at or [])),
        max_lateness_minutes=minutes(part.max_lateness),
    )


def _source(part: SourcePart, root: Path) -> SourceSettings:
    name = source_name(part.model_dump()) or ""
    tags, language = tuple(part.tags), part.language or ""
    if part.folder:
        return FolderSource(
            name=name,
            path=root / part.folder,
            tags=tags,
            language=language,
            images_url=part.images_url or "",
        )
    if part.feed:
        return FeedSource(
            name=name,
            location=_location(part.feed, root),
            tags=tags,
            language=language,
            allow_private=part.allow_private,
        )
    return PageSource(
        name=name,
        locations=tuple(_location(place, root) for place in part.page or ()),
        tags=tags,
        language=language,
        allow_private=part.allow_private,
    )


def _location(place: str, root: Path) -> str:
    return place if is_url(place) else str(root / place)


def _delivery(part: DeliveryPart, root: Path) -> SmtpDelivery | FilesDelivery:
    if part.smtp:
        return _smtp(part.smtp, root)
    assert part.files  # `agreement` asks for one of them
    return FilesDelivery(folder=root / part.files)


def _smtp(part: SmtpPart, root: Path) -> SmtpDelivery:
    security = Security(part.security)
    return SmtpDelivery(
        host=part.host,
        port=part.port or _PORTS[security],
        security=security,
        username=part.username or "",
        password=part.password or "",
        ca_file=root / part.ca_file if part.ca_file else None,
        bounce_domain=part.bounce_domain or "",
        token_command=command(part.token_command) if part.token_command else (),
        connections=part.connections,
        messages_per_connection=part.messages_per_connection,
        rate=per_second(part.rate) if part.rate else 0,
    )


def _lint(part: LintPart, root: Path) -> LintSettings:
    return LintSettings(
        ignore=frozenset(part.ignore),
        targets=tuple(part.targets or ()),
        facts=root / part.facts if part.facts else None,
    )


def _serve(part: ServePart) -> ServeSettings:
    return ServeSettings(
        host=part.host, port=part.port, trusted_proxies=tuple(part.trusted_proxies)
    )


def _dkim(part: DkimPart) -> Dkim:
    return Dkim(selector=part.selector, key=part.key, domain=part.domain or "")
