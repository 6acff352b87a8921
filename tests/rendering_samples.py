"""Stories, newsletters and digests for the tests of rendering. All invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from digest.model import (
    Article,
    Chosen,
    Digest,
    Image,
    Issue,
    Link,
    Mailbox,
    Newsletter,
    Quote,
    Section,
)
from digest.rendering import Personal, Renderer, TemplateFile, TemplateSet
from digest.settings import Site
from digest.template_files import load_templates

ROOT = Path(__file__).parent.parent
NEWSROOM = ROOT / "templates" / "newsroom"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
HOST = "https://longitude.example"


def templates(of: str = "newsroom", /, **replaced: str) -> TemplateSet:
    """Return a shipped set; `replaced` gives files by name, `__` for a dot."""

    def named(file: TemplateFile) -> TemplateFile:
        path = Path(file.path).relative_to(ROOT).as_posix()
        return TemplateFile(path=path, text=file.text)

    stock = load_templates(of, None)
    files = {name: named(file) for name, file in stock.files.items()}
    for name, text in replaced.items():
        file = name.replace("__", ".")
        files[file] = TemplateFile(path=f"templates/{of}/{file}", text=text)
    themes = tuple(map(named, stock.themes))
    return replace(stock, files=files, themes=themes)


def site(**changes: object) -> Site:
    values: dict[str, object] = {
        "name": "Longitude",
        "url": HOST,
        "postal_address": "Longitude Media, 80 quai du Large, 13002 Marseille, France",
        "language": "en",
        "timezone": "Europe/Paris",
        "tagline": "The digest of the topics you follow",
    }
    return Site(**(values | changes))  # type: ignore[arg-type]


def newsletter(**changes: object) -> Newsletter:
    values: dict[str, object] = {
        "slug": "daily",
        "title": "Longitude",
        "sender": Mailbox(address="digest@longitude.example", name="Longitude"),
        "language": "en",
        "timezone": "Europe/Paris",
    }
    return Newsletter(**(values | changes))  # type: ignore[arg-type]


def issue(*articles: Article, **changes: object) -> Issue:
    values: dict[str, object] = {
        "id": "daily/2026-11-23",
        "newsletter": "daily",
        "number": 214,
        "since": datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
        "until": NOW,
        "articles": articles,
    }
    return Issue(**(values | changes))  # type: ignore[arg-type]


def article(number: int = 1, **changes: object) -> Article:
    """Return a plain story; every test says what it needs beyond that."""
    values: dict[str, object] = {
        "id": f"story-{number}",
        "headline": f"Story number {number}",
        "source": "articles",
        "url": f"{HOST}/a/{number}",
        "standfirst": f"What happened in story {number}, in one sentence.",
        "byline": "Ada Field",
        "tags": ("Climate",),
        "reading_minutes": 2,
    }
    return Article(**(values | changes))  # type: ignore[arg-type]


def section(title: str, *articles: Article, more: int = 0) -> Section:
    return Section(
        slug=title.lower().replace(" ", "-"),
        title=title,
        articles=tuple(Chosen(article=one) for one in articles),
        more=more,
    )


def digest(*sections: Section, more: int = 0) -> Digest:
    return Digest(issue="daily/2026-11-23", sections=sections, more=more)


def personal(**changes: object) -> Personal:
    token = "k3vq7m2fzt4hs6xw"
    values: dict[str, object] = {
        "name": "Amira",
        "address": "amira@example.org",
        "subscribed": datetime(2026, 2, 3, 11, 0, tzinfo=UTC),
        "unsubscribe": f"{HOST}/u/{token}",
        "preferences": f"{HOST}/p/{token}",
        "pause": f"{HOST}/p/{token}/pause",
        "web_copy": f"{HOST}/w/daily-2026-11-23",
    }
    return Personal(**(values | changes))  # type: ignore[arg-type]


def renderer(digest: Digest, **changes: object) -> Renderer:
    values: dict[str, object] = {
        "templates": templates(),
        "site": site(),
        "newsletter": newsletter(),
        "issue": issue(*digest.articles),
    }
    return Renderer(**(values | changes))  # type: ignore[arg-type]


# -- a whole issue ----------------------------------------------------------

_BODY_LEAD = """
<p>The letters travelled inside book covers, in the hems of coats and once in a
loaf. For two years nobody at the colony noticed, or nobody said so.</p>
<p>On Monday the court in Varna had to decide whether forty-one of them are
evidence. <a href="https://longitude.example/a/hearing">The hearing</a>, announced
for an hour, lasted until midnight.</p>
<h2>What the letters say</h2>
<p>Very little about prison. They describe <em>birds</em>, the price of onions and
how light falls in a corridor:</p>
<blockquote><p>Today a siskin sat on the wire for nine minutes. I counted, because
counting is allowed.</p></blockquote>
<h3>Three that were read aloud</h3>
<ul><li>the letter about the siskin, of March;</li>
<li>a recipe, with <a href="https://longitude.example/a/recipe">a note</a> on salt;</li>
<li>an apology to a sister.</li></ul>
<figure><img src="https://media.example/city.jpg" alt="The courthouse at night"
width="1200" height="900"><figcaption>The courthouse, shortly before midnight.
</figcaption></figure>
<h2>How the votes fell</h2>
<table><tr><th>Bench</th><th>For</th><th>Against</th></tr>
<tr><td>First</td><td>2</td><td>1</td></tr>
<tr><td>Second</td><td>3</td><td>0</td></tr></table>
<p>A written ruling follows in ten days.</p>
"""

LEAD = article(
    1,
    headline="Judges admit the prison letters that nobody was meant to read",
    standfirst="For two years the letters left the colony folded inside book covers. "
    "On Monday the court ruled that 41 of them may be read aloud, a first for a "
    "political trial in the region.",
    byline="Nadia Ferrand",
    desk="Varna",
    image=Image(
        url="https://media.example/lead.jpg",
        alt="People with a flag in front of a courthouse at sunrise",
        caption="Supporters gathered before sunrise outside the court.",
        credit="© Longitude / I. Marchetti",
        width=1200,
        height=660,
    ),
    body=_BODY_LEAD,
    quotes=(
        Quote(
            text="They read everything, so we wrote about birds.",
            who="Milena Dobreva",
            role="sister of one of the prisoners",
        ),
    ),
    tags=("Human rights", "Prisons"),
    related=(
        Link(
            title="What the penal code says about correspondence", url=f"{HOST}/a/code"
        ),
        Link(title="Timeline: nine hearings in fourteen months", url=f"{HOST}/a/nine"),
        Link(title="The censor’s manual, 1974 (print only)"),
    ),
    also_read=(
        Link(
            title="The archivists who copy every verdict before it is erased",
            url=f"{HOST}/a/archivists",
        ),
    ),
    reading_minutes=6,
)
ARCHIVE = article(
    2,
    headline="A library lends out voting-rights kits, and runs out by noon",
    standfirst="The kits hold forms, stamps and a lawyer’s telephone number.",
    byline="Kadri Saar",
    image=Image(url="https://media.example/archive.jpg", width=800, height=600),
    tags=("Human rights", "Tallinn"),
    reading_minutes=2,
)
GLACIER = article(
    3,
    headline="A glacier is struck from the map, and a village holds a wake",
    standfirst="It lost its last moving ice in September. Surveyors, schoolchildren "
    "and a brass band climbed up to say goodbye.",
    byline="Tomas Reuter",
    desk="Alpine desk",
    image=Image(
        url="https://media.example/glacier.jpg",
        alt="A grey valley under a low sun",
        width=800,
        height=600,
    ),
    body="<p>The band played in gloves. <strong>Nobody</strong> had told the "
    "surveyors that there would be cake.</p><h2>After the ice</h2><p>The stream "
    "below now carries 10<sup>3</sup> litres less each minute.</p>",
    tags=("Climate", "Alps"),
    reading_minutes=5,
)
WIND = article(
    4,
    headline="North Sea wind covers a whole day of demand for the first time",
    standfirst="Four countries shared the surplus. Grid operators now ask who pays "
    "for the cables that made it possible.",
    byline="Ingrid Solberg",
    image=Image(url="https://media.example/wind.jpg", alt="Turbines at sea"),
    body="<p>The day was a Sunday, and windy.</p>",
    tags=("Climate", "Energy"),
    reading_minutes=2,
)
TRAIN = article(
    5,
    headline="Lisbon keeps the night trains it had promised to cancel",
    standfirst="Passenger numbers doubled in the year the service was due to close.",
    byline="",
    desk="Longitude with agencies",
    tags=("Europe", "Portugal"),
    reading_minutes=4,
)
LARKS = article(
    6,
    headline="في بوس، مزارعون يؤجرون أراضيهم البور للقبّرات",
    standfirst="عقد يدفع عن كل عش، ولم يتوقع أحد هذا العدد من الأعشاش.",
    byline="Claire Aubin",
    language="ar",
    body="<p>عقد يدفع عن كل عش.</p>",
    tags=("Europe", "France"),
    reading_minutes=3,
)
RAIL = article(
    7,
    headline="A coastal railway reopens, eleven years after the flood that cut it",
    standfirst="",
    byline="Awa Diop",
    url="",
    tags=("Europe",),
    reading_minutes=1,
)


def whole_digest() -> Digest:
    """Return a digest with something of everything."""
    rights = section("Human rights", LEAD, ARCHIVE)
    climate = Section(
        slug="climate",
        title="Climate",
        articles=(Chosen(article=GLACIER, also_in=("Europe",)), Chosen(article=WIND)),
        more=2,
    )
    return digest(rights, climate, section("Europe", TRAIN, LARKS, RAIL), more=5)


# -- the same in other languages --------------------------------------------

FRENCH_LEAD = article(
    1,
    headline="Les juges admettent les lettres que personne ne devait lire",
    standfirst="Pendant deux ans, elles ont quitté la colonie pliées dans des "
    "couvertures de livres. Lundi, le tribunal en a admis 41.",
    byline="Nadia Ferrand",
    image=LEAD.image,
    quotes=(Quote(text="Ils lisaient tout, alors nous parlions d’oiseaux."),),
    also_read=(Link(title="Ceux qui recopient les verdicts", url=f"{HOST}/a/copie"),),
    tags=("Droits humains",),
    reading_minutes=6,
    language="fr",
)
FRENCH_TRAIN = article(
    2,
    headline="Lisbonne garde les trains de nuit qu’elle avait promis de supprimer",
    standfirst="Le nombre de voyageurs a doublé l’année de la fermeture annoncée.",
    byline="Rui Abrantes",
    image=Image(url="https://media.example/city.jpg", alt="Une ville, la nuit"),
    tags=("Europe", "Portugal"),
    reading_minutes=1,
    language="fr",
)
ARABIC_LEAD = article(
    1,
    headline="القضاة يقبلون رسائل السجن التي لم يكن لأحد أن يقرأها",
    standfirst="طوال عامين خرجت الرسائل مطوية داخل أغلفة الكتب. يوم الاثنين قررت "
    "المحكمة السماح بقراءة 41 منها علنا.",
    byline="نادية فران",
    image=Image(
        url="https://media.example/lead.jpg",
        alt="أشخاص أمام المحكمة عند الشروق",
        caption="تجمّع قبل شروق الشمس أمام المحكمة.",
        credit="© Longitude / I. Marchetti",
        width=1200,
        height=660,
    ),
    quotes=(
        Quote(text="كانوا يقرؤون كل شيء، فكتبنا عن الطيور.", who="ميلينا دوبريفا"),
    ),
    also_read=(Link(title="أمناء الأرشيف الذين ينسخون كل حكم", url=f"{HOST}/a/ar"),),
    related=(
        Link(title="ما يقوله قانون العقوبات عن المراسلات", url=f"{HOST}/a/code"),
        Link(title="تسلسل زمني: تسع جلسات في أربعة عشر شهرا", url=f"{HOST}/a/nine"),
    ),
    tags=("حقوق الإنسان",),
    reading_minutes=6,
    language="ar",
)
ARABIC_GLACIER = article(
    2,
    headline="نهر جليدي يُشطب من الخريطة وقرية تقيم له مأتما",
    standfirst="فقد آخر جليده المتحرك في سبتمبر، فصعد التلاميذ وفرقة نحاسية لوداعه.",
    byline="توماس رويتر",
    image=Image(url="https://media.example/glacier.jpg", alt="واد رمادي"),
    tags=("المناخ", "جبال الألب"),
    reading_minutes=5,
    language="ar",
)
ARABIC_WIND = article(
    3,
    headline="رياح بحر الشمال تغطي طلب يوم كامل لأول مرة",
    standfirst="تقاسمت أربع دول الفائض.",
    byline="إنغريد سولبرغ",
    tags=("المناخ", "الطاقة"),
    reading_minutes=2,
    language="ar",
)


def french_digest() -> Digest:
    return digest(
        section("Droits humains", FRENCH_LEAD),
        section("Europe", FRENCH_TRAIN, more=1),
        more=1,
    )


def arabic_digest(titles: tuple[str, str] = ("حقوق الإنسان", "المناخ")) -> Digest:
    return digest(
        section(titles[0], ARABIC_LEAD),
        section(titles[1], ARABIC_GLACIER, ARABIC_WIND),
    )
