"""One radio newsroom's article page in six languages: as pasted text and as saved HTML.

The stories are ours; the furniture is what such pages print around theirs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one page says; the comments name the fields of `Article`."""

    language: str
    above: tuple[str, ...]  #: cookies and menus; the first is the banner's sentence
    headline: str
    standfirst: str
    dates: tuple[str, str]  #: published, updated
    minutes: str
    share: tuple[str, ...]
    caption: str
    credit: str
    byline: str  #: the name
    signed: str  #: the label before it
    follow: str
    advert: str
    read_more: str
    paragraphs: tuple[str, str, str, str]  #: the third is a quotation
    said: str  #: what is quoted there
    also: str
    also_label: str
    invitations: tuple[str, str, str]
    tags: tuple[str, ...]
    same: str
    related: tuple[str, str]
    footer: tuple[str, ...]

    def pasted(self) -> str:
        """Return the page as somebody selects and copies all of it."""
        blocks = [
            "\n".join(self.above),
            self.headline,
            self.standfirst,
            "   ".join(self.dates),
            self.minutes,
            "\n".join(self.share),
            f"{self.caption} {self.credit}",
            f"{self.signed}{self.byline} {self.follow}",
            self.advert,
            self.read_more,
            *self.paragraphs[:2],
            f"{self.also_label}{self.also}",
            self.paragraphs[2],
            self.advert,
            self.paragraphs[3],
            *self.invitations,
            f"{self.share[0]} :",
            "\n".join(f"• {tag}" for tag in self.tags),
            self.same,
            *self.related,
            "\n".join(self.footer),
        ]
        return "\n\n".join(blocks) + "\n"

    def saved(self) -> str:
        """Return the page as a browser saves it."""
        site = "https://longitude.example"
        direction = ' dir="rtl"' if self.language == "ar" else ""
        return f"""<!doctype html><html lang="{self.language}"{direction}><head>
<meta charset="utf-8"><title>{self.headline} - Longitude</title>
<link rel="canonical" href="{site}/{self.language}/a1">
<meta property="og:title" content="{self.headline}">
<meta property="og:image" content="{site}/media/a1.jpg"></head><body>
<div id="consent" role="dialog"><p>{self.above[0]}</p><button>OK</button></div>
<header><nav><ul>{_items(self.above[3:])}</ul></nav></header>
<main><article class="t-content"><h1>{self.headline}</h1>
<p class="t-content__chapo">{self.standfirst}</p>
<div><p><span>{self.dates[0]}</span></p><p>{self.dates[1]}</p></div>
<div class="a-reading-time"><span>{self.minutes}</span></div>
<div class="m-social-share"><ul>{_items(self.share)}</ul></div>
<figure><img src="{site}/media/a1.jpg" alt="" width="1024" height="576">
<figcaption>{self.caption} <span>{self.credit}</span></figcaption></figure>
<div class="m-from-author"><span>{self.signed}{self.byline}</span><a href="/f">{self.follow}</a></div>
<div class="t-content__body"><div class="o-ad"><p>{self.advert}</p></div>
<p>{self.paragraphs[0]}</p><p>{self.paragraphs[1]}</p>
<p><strong><a href="{site}/also">{self.also_label}{self.also}</a></strong></p>
<blockquote><p>{self.paragraphs[2]}</p></blockquote><p>{self.paragraphs[3]}</p>
<div class="o-self"><p>{self.invitations[0]}</p><a href="/nl">{self.invitations[1]}</a></div>
<div class="o-self"><p>{self.invitations[2]}</p></div></div>
<div class="m-tags"><ul>{_items(self.tags)}</ul></div></article>
<aside><h2>{self.same}</h2><div>
<article><a href="{site}/r1"><h3>{self.related[0]}</h3></a></article>
<article><a href="{site}/r2"><h3>{self.related[1]}</h3></a></article></div></aside></main>
<footer><p>{self.footer[0]}</p><p>{self.footer[1]}</p></footer></body></html>"""


def _items(texts: tuple[str, ...]) -> str:
    return "".join(f'<li><a href="/x">{text}</a></li>' for text in texts)


PAGES = (
    Page(
        language="en",
        above=(
            "We and our partners use cookies to measure audiences and personalise content.",
            "Accept all",
            "Manage my choices",
            "Skip to main content",
            "World",
            "Africa",
            "Live TV",
            "Sign in",
            "Listen",
            "Middle East",
        ),
        headline="Harbour pilots in Port Sarrin vote to end a nine-week strike",
        standfirst="The pilots of the eastern Gulf's largest harbour will guide ships again from Monday, after the port agreed to put two of them on every night launch.",
        dates=("Issued on: 12/11/2026 - 18:42", "Modified: 12/11/2026 - 19:05"),
        minutes="4 min Reading time",
        share=(
            "Share",
            "Facebook",
            "X",
            "WhatsApp",
            "Copy link",
        ),
        caption="A pilot launch leaves the inner harbour of Port Sarrin, 11 November 2026.",
        credit="© Dalia Reyes / Longitude",
        byline="Dalia Reyes",
        signed="Text by: ",
        follow="Follow",
        advert="Advertising",
        read_more="Read more",
        paragraphs=(
            "The vote was close. Of 214 pilots, 121 chose the new contract, the harbour authority said on Thursday, and 93 chose to stay ashore.",
            "Forty-one tankers have waited at anchor since the middle of September. The first will be brought in on Monday at dawn.",
            "“Nobody wanted to win against the sea”, said Imad Sellami, who has guided ships for thirty years.",
            "The contract does not settle who pays for the lost weeks. A commission has until March to say so.",
        ),
        said="Nobody wanted to win against the sea",
        also="The lighthouse keepers who answer the telephone",
        also_label="Read more: ",
        invitations=(
            "The Longitude newsletter: Receive all the international news directly in your mailbox",
            "I subscribe",
            "Take international news everywhere with you! Download the Longitude app",
        ),
        tags=(
            "Ports",
            "Labour",
            "Shipping",
        ),
        same="On the same subject",
        related=(
            "Why the night launches stopped",
            "A strait, a chart and a quarrel of eighty years",
        ),
        footer=(
            "The content you requested does not exist or is not available anymore.",
            "© 2026 Copyright Longitude - All rights reserved.",
            "Privacy",
            "Who are we?",
        ),
    ),
    Page(
        language="fr",
        above=(
            "Avec nos partenaires, nous utilisons des cookies pour mesurer l’audience et personnaliser les contenus.",
            "Tout accepter",
            "Paramétrer mes choix",
            "Aller au contenu principal",
            "Monde",
            "Afrique",
            "Direct",
            "Se connecter",
            "Écouter",
            "Afrique de l’Ouest",
        ),
        headline="À Saint-Brice, les passeurs de bac reprennent le fleuve après la crue",
        standfirst="Quatre semaines sans traversée ont coupé la ville en deux. Les passeurs repartent lundi, avec des bacs plus petits et des horaires affichés.",
        dates=("Publié le : 12/11/2026 - 18:42", "Modifié le : 12/11/2026 - 19:05"),
        minutes="Temps de lecture : 4 min",
        share=(
            "Partager",
            "Facebook",
            "X",
            "WhatsApp",
            "Copier le lien",
        ),
        caption="Un bac traverse le fleuve à Saint-Brice, le 11 novembre 2026.",
        credit="© Longitude/Awa Diallo",
        byline="Awa Diallo",
        signed="Texte par : ",
        follow="Suivre",
        advert="Publicité",
        read_more="Lire la suite",
        paragraphs=(
            "Lundi à six heures, le premier bac quittera la rive gauche avec quarante passagers, pas un de plus, a promis la préfecture.",
            "La crue de la mi-octobre avait emporté deux pontons et la cabane où se vendaient les billets.",
            "« On n’a jamais cessé de regarder l’eau », raconte Moussa Traoré, passeur depuis vingt ans.",
            "Reste la question du prix, que la mairie tranchera d’ici à la fin du mois.",
        ),
        said="On n’a jamais cessé de regarder l’eau",
        also="Le pont que personne ne voulait construire",
        also_label="À lire aussi : ",
        invitations=(
            "La newsletter de Longitude : Recevez toute l’actualité internationale directement dans votre boîte mail",
            "Je m’abonne",
            "Suivez toute l’actualité internationale en téléchargeant l’application Longitude",
        ),
        tags=(
            "Transports",
            "Fleuves",
            "Climat",
        ),
        same="Sur le même sujet",
        related=(
            "La crue racontée par ses mesureurs",
            "Trois villages et une seule pirogue",
        ),
        footer=(
            "La page demandée n’existe pas ou n’est plus disponible.",
            "© 2026 Copyright Longitude - Tous droits réservés.",
            "Confidentialité",
            "Qui sommes-nous ?",
        ),
    ),
    Page(
        language="es",
        above=(
            "Nosotros y nuestros socios usamos cookies para medir la audiencia y personalizar los contenidos.",
            "Aceptar todo",
            "Configurar mis preferencias",
            "Ir al contenido principal",
            "Mundo",
            "América",
            "En vivo",
            "Iniciar sesión",
            "América Latina",
        ),
        headline="Los relojeros de Villarreal del Sur paran la torre para aprender a oírla",
        standfirst="El reloj de la plaza estará callado un mes. Doce aprendices lo desmontan pieza por pieza con el último relojero de la ciudad.",
        dates=(
            "Primera modificación: 12/11/2026 - 18:42",
            "Última modificación: 12/11/2026 - 19:05",
        ),
        minutes="Tiempo de lectura: 4 min",
        share=(
            "Compartir",
            "Facebook",
            "X",
            "WhatsApp",
            "Copiar enlace",
        ),
        caption="La torre de Villarreal del Sur, el 11 de noviembre de 2026.",
        credit="© Longitude/Inés Cueto",
        byline="Inés Cueto",
        signed="Texto por: ",
        follow="Seguir",
        advert="Anuncios",
        read_more="Leer más",
        paragraphs=(
            "El lunes a las doce no sonará nada, y la plaza está avisada desde hace semanas, según el ayuntamiento.",
            "La maquinaria llegó en barco en 1891 y nadie ha escrito nunca cómo se monta.",
            "“Un reloj se aprende con el oído”, dice Braulio Meneses, que tiene ochenta y un años.",
            "Cuando vuelva a sonar, lo hará con una campana menos, y todavía se discute cuál.",
        ),
        said="Un reloj se aprende con el oído",
        also="El pueblo que mide el año por las mareas",
        also_label="Lea también: ",
        invitations=(
            "El boletín de Longitude: Reciba toda la actualidad internacional directamente en su correo",
            "Me suscribo",
            "Siga toda la actualidad internacional descargando la aplicación Longitude",
        ),
        tags=(
            "Oficios",
            "Patrimonio",
            "Educación",
        ),
        same="Sobre el mismo tema",
        related=(
            "Las campanas que cruzaron el océano",
            "Una escuela para manos lentas",
        ),
        footer=(
            "La página que solicita no existe o ya no está disponible.",
            "© 2026 Copyright Longitude - Todos los derechos reservados.",
            "Privacidad",
            "¿Quiénes somos?",
        ),
    ),
    Page(
        language="ru",
        above=(
            "Мы и наши партнёры используем файлы cookie, чтобы измерять аудиторию.",
            "Принять все",
            "Настроить",
            "Перейти к содержанию",
            "В мире",
            "Африка",
            "Эфир",
            "Войти",
            "В мире",
        ),
        headline="Смотрители маяков Северной бухты снова учат азбуку Морзе",
        standfirst="После трёх недель без связи смотрители решили, что старый ключ надёжнее нового спутника. Первые уроки идут прямо на маяке.",
        dates=("Опубликовано: 12/11/2026 - 18:42", "Изменено: 12/11/2026 - 19:05"),
        minutes="Время чтения: 4 мин",
        share=(
            "Поделиться",
            "Facebook",
            "X",
            "WhatsApp",
            "Копировать ссылку",
        ),
        caption="Маяк у входа в Северную бухту, 11 ноября 2026 года.",
        credit="© Longitude / Вера Лунина",
        byline="Вера Лунина",
        signed="Текст: ",
        follow="Подписаться",
        advert="Реклама",
        read_more="Читать далее",
        paragraphs=(
            "В понедельник на рассвете первый сигнал уйдёт с мыса на остров, сообщила портовая служба.",
            "Связь пропала в середине октября, когда шторм сорвал антенны сразу с пяти башен.",
            "«Ключ не ломается, ломается привычка», — говорит Пётр Зимин, который служит здесь сорок лет.",
            "Кто заплатит за новые антенны, пока неизвестно: комиссия соберётся в марте.",
        ),
        said="Ключ не ломается, ломается привычка",
        also="Карта, на которой нет ни одного берега",
        also_label="Читайте также: ",
        invitations=(
            "Рассылка Longitude: получайте новости на вашу почту",
            "Подписаться",
            "Скачайте приложение Longitude",
        ),
        tags=(
            "Море",
            "Связь",
            "Север",
        ),
        same="По теме",
        related=(
            "Последняя телеграфистка побережья",
            "Шторм, который считали по окнам",
        ),
        footer=(
            "Запрашиваемая страница не существует или больше не доступна.",
            "© 2026 Copyright Longitude. Все права защищены.",
            "Конфиденциальность",
            "Кто мы?",
        ),
    ),
    Page(
        language="ar",
        above=(
            "نحن وشركاؤنا نستخدم ملفات تعريف الارتباط لقياس الجمهور وتخصيص المحتوى.",
            "قبول الكل",
            "ضبط خياراتي",
            "تخطي إلى المحتوى الرئيسي",
            "العالم",
            "أفريقيا",
            "مباشر",
            "تسجيل الدخول",
            "الشرق الأوسط",
        ),
        headline="صيادو خليج نورة يعودون إلى البحر بعد تسعة أسابيع على الرصيف",
        standfirst="بعد خلاف طويل على أماكن الشباك وافق الصيادون على خريطة جديدة للخليج، ويبحر أول قارب فجر الإثنين المقبل.",
        dates=("نشرت في: 12/11/2026 - 18:42", "آخر تحديث: 12/11/2026 - 19:05"),
        minutes="مدة القراءة: 4 دقائق",
        share=(
            "شارك",
            "فيس بوك",
            "X",
            "واتساب",
            "نسخ الرابط",
        ),
        caption="قارب صيد يغادر ميناء خليج نورة في 11 تشرين الثاني/نوفمبر 2026.",
        credit="© لونجيتود / سلمى حداد",
        byline="سلمى حداد",
        signed="بقلم: ",
        follow="تابِع",
        advert="إعلان",
        read_more="اقرأ المزيد",
        paragraphs=(
            "كان التصويت متقاربا، فمن بين 214 صيادا اختار 121 الخريطة الجديدة كما أعلنت هيئة الميناء يوم الخميس.",
            "وظلت القوارب مربوطة إلى الرصيف منذ منتصف أيلول/سبتمبر، وتعلم الأولاد عليها السباحة.",
            "“لم يرد أحد أن ينتصر على البحر”، يقول عماد السلامي الذي يصطاد منذ ثلاثين عاما.",
            "ولا تقول الخريطة من يدفع ثمن الأسابيع الضائعة، وأمام اللجنة حتى آذار/مارس لتجيب.",
        ),
        said="لم يرد أحد أن ينتصر على البحر",
        also="حراس المنارات الذين يجيبون على الهاتف",
        also_label="اقرأ أيضا: ",
        invitations=(
            "النشرة الإخبارية للونجيتود: تلقوا كل الأخبار الدولية مباشرة في بريدكم الإلكتروني",
            "أشترك",
            "تابعوا الأخبار الدولية بتحميل تطبيق لونجيتود",
        ),
        tags=(
            "صيد",
            "بحر",
            "عمل",
        ),
        same="في نفس الموضوع",
        related=("لماذا توقفت قوارب الليل", "مضيق وخريطة وخلاف عمره ثمانون عاما"),
        footer=(
            "المحتوى الذي طلبته غير موجود أو لم يعد متاحا.",
            "© 2026 لونجيتود - جميع الحقوق محفوظة",
            "الخصوصية",
            "من نحن؟",
        ),
    ),
    Page(
        language="zh",
        above=(
            "我们与合作伙伴使用 cookie 来衡量受众并提供个性化内容。",
            "全部接受",
            "管理我的选择",
            "跳转到主要内容",
            "国际",
            "非洲",
            "直播",
            "登录",
            "亚洲",
        ),
        headline="青屿港的引水员投票结束九周罢工",
        standfirst="港务局同意每艘夜航引水艇配备两名引水员，船只将从下周一起重新进港。",
        dates=("发表时间: 12/11/2026 - 18:42", "更改时间: 12/11/2026 - 19:05"),
        minutes="阅读时间：4 分钟",
        share=(
            "分享",
            "脸书",
            "X",
            "WhatsApp",
            "复制链接",
        ),
        caption="2026年11月11日，一艘引水艇驶离青屿港内港。",
        credit="© 经度网／林若水",
        byline="林若水",
        signed="作者：",
        follow="关注",
        advert="广告",
        read_more="阅读更多",
        paragraphs=(
            "投票结果十分接近。港务局周四表示，214名引水员中有121人选择了新合同，93人选择继续留在岸上。",
            "自九月中旬以来，四十一艘油轮一直在锚地等待。第一艘将于周一黎明进港。",
            "“没有人想赢过大海”，引航三十年的陈海生说。",
            "合同没有说明谁来承担这几周的损失，委员会将在三月之前给出答复。",
        ),
        said="没有人想赢过大海",
        also="接电话的灯塔守护人",
        also_label="延伸阅读：",
        invitations=(
            "经度网电子邮件新闻：头条新闻直接进入您的邮箱",
            "订阅",
            "请下载经度网应用程序，随时浏览世界新闻",
        ),
        tags=(
            "港口",
            "劳工",
            "航运",
        ),
        same="相关内容",
        related=("夜航艇为什么停了", "一道海峡、一张海图和八十年的争执"),
        footer=(
            "您所请求的内容不存在或已不可用。",
            "© 2026 版权所有 经度网",
            "隐私政策",
            "关于我们",
        ),
    ),
)
