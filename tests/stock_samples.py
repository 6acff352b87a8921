"""One issue of the stock newsletters in four languages, with everything they can show.

The stories are invented. The pictures are the sample newsroom's, under addresses that
lead nowhere (`tests.browser` puts the files in their place).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from digest.model import (
    Article,
    Chosen,
    Digest,
    Format,
    Image,
    Length,
    Link,
    Mailbox,
    Notice,
    Quote,
    Section,
    Topic,
)
from digest.rendering import Rendered, Renderer
from tests import rendering_samples as samples
from tests.rendering_samples import HOST

SETS = ("newsroom", "letter", "brief", "alert")
LANGUAGES = ("en", "fr", "ar", "ja")
PICTURES = "https://media.example"

#: Topics: slug, layout, and their titles in the four languages.
_TOPICS: tuple[tuple[str, Literal["list", "grid", "brief"], tuple[str, ...]], ...] = (
    ("rights", "list", ("Human rights", "Droits humains", "حقوق الإنسان", "人権")),
    ("climate", "list", ("Climate", "Climat", "المناخ", "気候")),
    ("europe", "grid", ("Europe", "Europe", "أوروبا", "ヨーロッパ")),
    ("in-brief", "brief", ("In brief", "En bref", "باختصار", "短信")),
)

#: What a newsletter says of itself: title, tagline, intro, notice.
_TITLES = {
    "en": (
        "Longitude",
        "The digest of the topics you follow",
        ("A court that was expected to rule in an hour sat until midnight instead. We "
        "start there, then turn to the Alps, where a glacier has been taken off the map."),
        ("Supported by our readers", "Our letters are a book now", ("Ninety-one letters "
         "from two years of mornings, bound in blue.")),
    ),
    "fr": (
        "Longitude",
        "Les thèmes que vous suivez, chaque matin",
        ("Un tribunal attendu pour une heure a siégé jusqu’à minuit. Nous commençons là, "
        "puis nous montons dans les Alpes, où un glacier a été rayé de la carte."),
        ("Soutenu par nos lecteurs", "Nos lettres deviennent un livre",
         "Quatre-vingt-onze lettres, deux ans de matins, reliées en bleu."),
    ),
    "ar": (
        "خط الطول",
        "نشرة المواضيع التي تتابعها",
        ("محكمة كان يُنتظر أن تحكم في ساعة بقيت منعقدة حتى منتصف الليل. نبدأ من هناك، ثم "
        "نصعد إلى جبال الألب حيث شُطب نهر جليدي من الخريطة."),
        ("بدعم من قرائنا", "رسائلنا صارت كتابا", ("إحدى وتسعون رسالة من صباحات عامين، "
         "بغلاف أزرق.")),
    ),
    "ja": (
        "ロンジチュード",
        "あなたが選んだ話題を、毎朝",
        ("一時間で終わるはずだった法廷は、真夜中まで続いた。今朝はそこから始め、氷河が地図"
        "から消されたアルプスへ向かう。"),
        ("読者の支援による", "手紙が一冊の本になりました", ("二年分の朝に届いた九十一通を、"
         "青い装丁で。")),
    ),
}  # fmt: skip

_IMAGES = {
    "court": ("courthouse-at-dawn.jpg", 1200, 660),
    "archive": ("verdict-shelves.jpg", 560, 420),
    "glacier": ("last-ice.jpg", 560, 420),
    "wind": ("turbines-at-sunset.jpg", 560, 420),
    "city": ("city-at-night.jpg", 560, 420),
    "fields": ("fallow-fields.jpg", 560, 420),
}

#: Stories: topic, picture, and per language headline, standfirst, byline, kicker, alt.
_STORIES: tuple[tuple[str, str, int, dict[str, tuple[str, ...]]], ...] = (
    ("rights", "court", 6, {
        "en": ("Judges admit the prison letters that nobody was meant to read",
               ("For two years the letters left the colony folded inside book covers. On "
               "Monday the court ruled that 41 of them may be read aloud, a first for a "
               "political trial in the region."),
               "Nadia Ferrand", "Varna", "People before a courthouse at sunrise"),
        "fr": ("Les juges admettent les lettres de prison que personne ne devait lire",
               ("Pendant deux ans, elles ont quitté la colonie pliées dans des couvertures "
               "de livres. Lundi, le tribunal a permis d’en lire 41 à voix haute."),
               "Nadia Ferrand", "Varna", "Des gens devant un tribunal, à l’aube"),
        "ar": ("القضاة يقبلون رسائل السجن التي لم يكن لأحد أن يقرأها",
               ("طوال عامين خرجت الرسائل مطوية داخل أغلفة الكتب. يوم الاثنين قررت المحكمة "
               "السماح بقراءة 41 منها علنا، في سابقة لمحاكمة سياسية في المنطقة."),
               "نادية فران", "فارنا", "أشخاص أمام المحكمة عند الشروق"),
        "ja": ("読まれるはずのなかった獄中書簡、裁判所が証拠として認める",
               ("手紙は二年間、本の表紙に折り込まれて収容所の外へ運ばれた。月曜日、裁判所は"
               "そのうち四十一通の朗読を許可した。この地域の政治裁判では初めてのことだ。"),
               "ナディア・フェラン", "ヴァルナ", "夜明けの裁判所の前に立つ人々"),
    }),
    ("rights", "archive", 2, {
        "en": ("A library lends out voting-rights kits, and runs out by noon",
               "The kits hold forms, stamps and a lawyer’s telephone number.",
               "Kadri Saar", "Tallinn", "Shelves of verdicts"),
        "fr": ("Une bibliothèque prête des trousses d’électeur, et n’en a plus à midi",
               "Elles contiennent des formulaires, des timbres et le numéro d’une avocate.",
               "Kadri Saar", "Tallinn", "Des rayons de verdicts"),
        "ar": ("مكتبة تعير حقائب حقوق الناخبين فتنفد قبل الظهر",
               "فيها استمارات وطوابع ورقم هاتف محامية.",
               "كادري سار", "تالين", "رفوف من الأحكام"),
        "ja": ("図書館が「投票権キット」を貸し出し、正午には品切れに",
               "書類と切手、そして弁護士の電話番号が入っている。",
               "カドリ・サール", "タリン", "判決文の並ぶ書架"),
    }),
    ("climate", "glacier", 5, {
        "en": ("A glacier is struck from the map, and a village holds a wake",
               ("It lost its last moving ice in September. Surveyors, schoolchildren and a "
               "brass band climbed up to say goodbye."),
               "Tomas Reuter", "Alps", "A grey valley under a low sun"),
        "fr": ("Un glacier est rayé de la carte, et un village organise la veillée",
               ("Il a perdu sa dernière glace vive en septembre. Géomètres, écoliers et "
               "fanfare sont montés lui dire adieu."),
               "Tomas Reuter", "Alpes", "Une vallée grise sous un soleil bas"),
        "ar": ("نهر جليدي يُشطب من الخريطة وقرية تقيم له مأتما",
               ("فقد آخر جليده المتحرك في سبتمبر، فصعد المسّاحون والتلاميذ وفرقة نحاسية "
               "لوداعه."),
               "توماس رويتر", "جبال الألب", "واد رمادي تحت شمس منخفضة"),
        "ja": ("地図から消された氷河のために、村が通夜を開く",
               ("九月、動いていた最後の氷が失われた。測量士と生徒たち、そして吹奏楽団が別れを"
               "告げに登った。"),
               "トマス・ロイター", "アルプス", "低い太陽の下の灰色の谷"),
    }),
    ("climate", "wind", 2, {
        "en": ("North Sea wind covers a whole day of demand for the first time",
               ("Four countries shared the surplus. Grid operators now ask who pays for the "
               "cables that made it possible."),
               "Ingrid Solberg", "Energy", "Turbines at sea"),
        "fr": ("Le vent de la mer du Nord couvre une journée entière de demande",
               ("Quatre pays se sont partagé le surplus. Qui paiera les câbles qui l’ont "
               "permis\u202f?"),
               "Ingrid Solberg", "Énergie", "Des éoliennes en mer"),
        "ar": ("رياح بحر الشمال تغطي طلب يوم كامل لأول مرة",
               "تقاسمت أربع دول الفائض، ويسأل مشغلو الشبكة الآن من يدفع ثمن الكابلات.",
               "إنغريد سولبرغ", "الطاقة", "عنفات في البحر"),
        "ja": ("北海の風力、初めて丸一日の需要をまかなう",
               ("余剰は四か国で分け合った。送電事業者は、それを可能にしたケーブルの費用を誰が"
               "払うのかと問う。"),
               "イングリッド・ソルベルグ", "エネルギー", "海上の風車"),
    }),
    ("europe", "city", 4, {
        "en": ("Lisbon keeps the night trains it had promised to cancel",
               "Passenger numbers doubled in the year the service was due to close.",
               "Rui Abrantes", "Portugal", "A city at night"),
        "fr": ("Lisbonne garde les trains de nuit qu’elle devait supprimer",
               "Le nombre de voyageurs a doublé l’année de la fermeture annoncée.",
               "Rui Abrantes", "Portugal", "Une ville, la nuit"),
        "ar": ("لشبونة تُبقي القطارات الليلية التي وعدت بإلغائها",
               "تضاعف عدد الركاب في العام الذي كان يُفترض أن تُغلق فيه الخدمة.",
               "روي أبرانتس", "البرتغال", "مدينة ليلا"),
        "ja": ("リスボン、廃止すると約束した夜行列車を存続",
               "廃止されるはずだった年に、乗客は二倍になった。",
               "ルイ・アブランテス", "ポルトガル", "夜の街"),
    }),
    ("europe", "fields", 3, {
        "en": ("Beauce farmers rent out their fallow land to larks",
               "A contract pays by the nest. Nobody expected so many nests.",
               "Claire Aubin", "France", "Fallow fields"),
        "fr": ("En Beauce, des fermiers louent leurs jachères aux alouettes",
               "Un contrat paie au nid. Personne n’attendait autant de nids.",
               "Claire Aubin", "France", "Des champs en jachère"),
        "ar": ("مزارعو بوس يؤجرون أراضيهم البور للقبّرات",
               "عقد يدفع عن كل عش، ولم يتوقع أحد هذا العدد من الأعشاش.",
               "كلير أوبان", "فرنسا", "حقول بور"),
        "ja": ("ボースの農家、休耕地をヒバリに貸し出す",
               "契約は巣の数で支払う。これほど多いとは誰も思わなかった。",
               "クレール・オーバン", "フランス", "休耕中の畑"),
    }),
    ("in-brief", "", 1, {
        "en": ("Geneva: talks on the missing-persons register resume",
               "They begin again on Thursday after a pause of three weeks.", "", "", ""),
        "fr": ("Genève\u00a0: reprise des pourparlers sur le registre des disparus",
               "Ils recommencent jeudi, après trois semaines de pause.", "", "", ""),
        "ar": ("جنيف: استئناف محادثات سجل المفقودين",
               "تُستأنف يوم الخميس بعد توقف دام ثلاثة أسابيع.", "", "", ""),
        "ja": ("ジュネーブ：行方不明者登録をめぐる協議が再開",
               "三週間の中断を経て、木曜日に再び始まる。", "", "", ""),
    }),
    ("in-brief", "", 1, {
        "en": ("Dakar: a coastal railway reopens", ("Eleven years after the flood that cut "
               "it in two."), "", "", ""),
        "fr": ("Dakar\u00a0: un chemin de fer côtier rouvre", ("Onze ans après la crue qui "
               "l’avait coupé en deux."), "", "", ""),
        "ar": ("داكار: إعادة فتح سكة حديد ساحلية", "بعد أحد عشر عاما من السيل الذي قطعها.",
               "", "", ""),
        "ja": ("ダカール：海岸の鉄道が再開", "洪水で分断されてから十一年。", "", "", ""),
    }),
)  # fmt: skip

_BODIES = {
    "en": ("<p>The letters travelled in the hems of coats and once in a loaf. <a href='{h}/a/"
           "hearing'>The hearing</a>, announced for an hour, lasted until midnight.</p>"
           "<h2>What the letters say</h2><p>Very little about prison.</p><blockquote><p>"
           "Today a siskin sat on the wire for nine minutes.</p></blockquote>"),
    "fr": ("<p>Les lettres voyageaient dans l’ourlet des manteaux. <a href='{h}/a/hearing'>"
           "L’audience</a> a duré jusqu’à minuit.</p><h2>Ce que disent les lettres</h2>"
           "<p>Très peu de choses sur la prison.</p>"),
    "ar": ("<p>كانت الرسائل تسافر في حواشي المعاطف. <a href='{h}/a/hearing'>الجلسة</a> "
           "استمرت حتى منتصف الليل.</p><h2>ماذا تقول الرسائل</h2><p>القليل جدا عن السجن.</p>"),
    "ja": ("<p>手紙は外套の裾に縫い込まれて旅をした。<a href='{h}/a/hearing'>審理</a>は真夜中"
           "まで続いた。</p><h2>手紙に書かれていること</h2><p>監獄のことはほとんどない。</p>"),
}  # fmt: skip

#: Beside the first story: caption, what somebody said, who, also read, related.
_BESIDE = {
    "en": ("Supporters gathered before sunrise outside the court.",
           "They read everything, so we wrote about birds.", "Milena Dobreva",
           "sister of one of the prisoners",
           "The archivists who copy every verdict before it is erased",
           ("What the penal code says about correspondence",
            "Timeline: nine hearings in fourteen months")),
    "fr": ("Des soutiens réunis avant l’aube devant le tribunal.",
           "Ils lisaient tout, alors nous parlions d’oiseaux.", "Milena Dobreva",
           "sœur d’une prisonnière", "Les archivistes qui recopient chaque verdict",
           ("Ce que dit le code pénal de la correspondance",
            "Chronologie\u00a0: neuf audiences en quatorze mois")),
    "ar": ("تجمّع قبل شروق الشمس أمام المحكمة.", "كانوا يقرؤون كل شيء، فكتبنا عن الطيور.",
           "ميلينا دوبريفا", "شقيقة إحدى السجينات", "أمناء الأرشيف الذين ينسخون كل حكم",
           ("ما يقوله قانون العقوبات عن المراسلات",
            "تسلسل زمني: تسع جلسات في أربعة عشر شهرا")),
    "ja": ("日の出前、裁判所の外に集まった支援者たち。",
           "何もかも読まれるから、私たちは鳥のことを書いた。", "ミレナ・ドブレヴァ",
           "収監者の姉", "消される前に判決をすべて書き写す記録係たち",
           ("刑法は通信について何を定めているか", "年表：十四か月で九回の審理")),
}  # fmt: skip

_NAMES = {"en": "Amira", "fr": "Amira", "ar": "أميرة", "ja": "アミラ"}


def topics(language: str) -> tuple[Topic, ...]:
    place = LANGUAGES.index(language)
    return tuple(
        Topic(slug=slug, title=titles[place], layout=layout, page=f"{HOST}/{slug}")
        for slug, layout, titles in _TOPICS
    )


def article(number: int, language: str) -> Article:
    """Return one of the stories, the first with everything a story can have."""
    _, picture, minutes, words = _STORIES[number]
    headline, standfirst, byline, kicker, alt = words[language]
    caption, said, who, role, also, related = _BESIDE[language]
    first = number == 0
    image = None
    if picture:
        name, width, height = _IMAGES[picture]
        image = Image(
            url=f"{PICTURES}/{name}",
            alt=alt,
            caption=caption if first else "",
            credit="© Longitude / I. Marchetti" if first else "",
            width=width,
            height=height,
        )
    return Article(
        id=f"stock-{number}",
        headline=headline,
        source="stock",
        url=f"{HOST}/a/{number}",
        standfirst=standfirst,
        byline=byline,
        image=image,
        body=_BODIES[language].format(h=HOST) if number in {0, 2} else "",
        quotes=(Quote(text=said, who=who, role=role),) if first else (),
        also_read=(Link(title=also, url=f"{HOST}/a/archivists"),) if first else (),
        related=tuple(
            Link(title=title, url=f"{HOST}/a/related-{at}")
            for at, title in enumerate(related)
        )
        if first
        else (),
        tags=(kicker,) if kicker else (),
        reading_minutes=minutes,
        language=language,
    )


def digest_of(language: str, numbers: Sequence[int]) -> Digest:
    """Return a digest of the stories with these numbers, in their sections."""
    sections = []
    for topic in topics(language):
        chosen = tuple(
            Chosen(article=article(number, language))
            for number in numbers
            if _STORIES[number][0] == topic.slug
        )
        more = 2 if topic.slug == "climate" else 0
        if chosen:
            sections.append(
                Section(slug=topic.slug, title=topic.title, articles=chosen, more=more)
            )
    return Digest(issue="daily/2026-11-23", sections=tuple(sections), more=2)


def renderer(of: str, language: str, digest: Digest) -> Renderer:
    """Return what renders a stock set, compiled for all stories of the digest."""
    title, tagline, intro, (label, notice, text) = _TITLES[language]
    return Renderer(
        templates=samples.templates(of),
        site=samples.site(
            subscribe_url=f"{HOST}/newsletters", app_url=f"{HOST}/app", tagline=tagline
        ),
        newsletter=samples.newsletter(
            title=title,
            tagline=tagline,
            intro=intro,
            language=language,
            topics=topics(language),
            reply_to=Mailbox(address="desk@longitude.example"),
            notice=Notice(title=notice, text=text, label=label, url=f"{HOST}/book"),
            feedback=f"{HOST}/feedback" if of == "newsroom" else "",
        ),
        issue=samples.issue(*digest.articles),
        sections=digest.sections,
    )


@cache
def mail(of: str, language: str, length: Length = Length.SUMMARIES) -> Rendered:
    """Return one reader's mail of a stock set; it was joined, or this fails."""
    digest = digest_of(language, [0] if of == "alert" else range(len(_STORIES)))
    made = renderer(of, language, digest)
    rendered = made.render(
        digest,
        samples.personal(name=_NAMES[language]),
        language=language,
        length=length,
        format=Format.HTML,
    )
    assert not made.why_not_joined, made.why_not_joined
    return rendered
