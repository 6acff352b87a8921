"""What newsrooms print around a story, in English, French, German and Spanish.

Russian, Arabic and Chinese are in `digest.sources.pasted.abroad`.

Every pattern here is read against a line whose no-break spaces are spaces and
whose apostrophes are straight (`digest.sources.pasted.lines.fold`), in any case
of letters. A new wording, or a new language, is a new word in these lists.
"""

from __future__ import annotations

import re

from digest.sources.pasted import abroad
from digest.sources.pasted.invitations import WITH_THE_APP


def _any_of(*groups: str) -> str:
    """Return one pattern for the alternatives of several languages."""
    return "(?:" + "|".join(groups) + ")"


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _names(*lists: str) -> frozenset[str]:
    """Return the names in lists with commas."""
    names = (name for text in lists for name in text.split(","))
    return frozenset(" ".join(name.split()) for name in names)


#: What a page draws in front of a line: arrows, bullets, a pointing hand.
MARKS = r"[►▶▸▹➤➜➔→‣»👉🔴]"
BULLET = _compile(r"(?:[•‣▪●◦∙·]\s*|\*\s+|-\s+)(?=\S)")
RULE = _compile(r"[\W_]+")  #: only punctuation: "=====", "* * *", "|"

# -- about the article --------------------------------------------------------

_TEXT_BY = _any_of(
    r"(?:text|words|story|report|reporting|written|reported|article|video|audio) by",
    r"authors?|reporters?|by|(?:texte|vidéo|audio|article|écrit|rédigé|propos recueillis)"
    r" (?:par|de)|texte|auteur(?:e|s|es)?|autrice|par|(?:text|video|audio|bericht|"
    r"ein bericht|verfasst|geschrieben) von|text|autor(?:in|en|innen)?|von",
    r"(?:texto|vídeo|video|audio|escrito|redactado) (?:por|de)|texto|autor(?:a|es|as)?|por",
    abroad.TEXT_BY,
)
BYLINE = _compile(rf"{_TEXT_BY}\s*:\s*(?P<value>.*)")
#: Without a colon it might be prose; who reads it checks that names follow.
BYLINE_BARE = _compile(
    r"(?:(?:text|words|story|report|written|reported|article) )?by\s+(?P<value>\S.*)"
    r"|(?:(?:texte|article|écrit|rédigé) )?par\s+(?P<value_fr>\S.*)"
    r"|(?:(?:text|bericht|ein bericht) )?von\s+(?P<value_de>\S.*)"
    r"|(?:(?:texto|escrito) )?por\s+(?P<value_es>\S.*)"
)
PUBLISHED = _compile(
    _any_of(
        r"(?:issued|posted|published|first published)(?: on| at)?|publication date|date",
        r"publiée? le|publiée?|paru le|mis en ligne le|première publication(?: le)?",
        r"veröffentlicht(?: am)?|erschienen(?: am)?|erstellt(?: am)?|datum",
        r"publicad[oa](?: el)?|primera (?:publicación|modificación)|emitido el|fecha",
        abroad.PUBLISHED,
    )
    + r"\s*:?\s*"
)
UPDATED = _compile(
    _any_of(
        r"(?:last )?(?:modified|updated)(?: on| at)?|update",
        r"modifiée? le|modifiée?|mise? à jour(?: le)?|actualisé le"
        r"|dernière (?:modification|mise à jour)(?: le)?",
        r"(?:zuletzt )?(?:geändert|aktualisiert)(?: am)?|letzte änderung|stand",
        r"(?:modificad[oa]|actualizad[oa])(?: el)?|última (?:modificación|actualización)",
        abroad.UPDATED,
    )
    + r"\s*:?\s*"
)
#: "Published yesterday at 18:00": true when it was printed, never again.
RELATIVE_DATE = _compile(
    r"(?:yesterday|today|(?:about )?\d+ (?:minutes?|hours?|days?|mins?) ago|at \d|just now|hier\b|aujourd'hui|il y a \d"
    r"|à \d|gestern|heute|vor \d|um \d|ayer|hoy|hace \d|a las \d).{0,60}"
)
AGO = _compile(
    r"(?:(?:updated|published|posted)\s+)?(?:an?|\d+) (?:minutes?|hours?|days?|mins?|hrs?) ago"
    r"|il y a \d+ (?:minutes?|heures?|jours?)|vor \d+ (?:minuten?|stunden?|tagen?)"
    r"|hace \d+ (?:minutos?|horas?|días?)|yesterday|hier|gestern|ayer"
)
_READING_TIME = _any_of(
    r"(?:est(?:imated|\.)? )?(?:reading|read) time|time to read",
    r"(?:temps|durée) de lecture|lecture",
    r"lesezeit|lesedauer",
    r"(?:tiempo|duración) de lectura|lectura",
    abroad.READING_TIME,
)
MINUTES = _compile(
    rf"(?:[⏱⌛⏳🕐]️?\s*)?(?:{_READING_TIME}\s*:?\s*)?(?:about|approx\.?|environ|env\."
    r"|etwa|ca\.|unos|~)?\s*(?P<value>\d{1,3})\s*-?\s*(?:min(?:ut(?:e|es|en|o|os))?|mins|mn"
    rf"|{abroad.MINUTES})\b"
    r"\.?\s*(?:read|reading(?: time)?|to read|de lecture|de lectura"
    rf"|{_READING_TIME})?"
)
MINUTES_LABEL = _compile(rf"{_READING_TIME}\s*:?")
CREDIT = _compile(
    r"(?:©|\(c\)(?=\s))\s*(?P<mark>.+)|[(\[]?"
    + _any_of(
        r"(?:photo|photos|picture|image)s?(?: credit| by)?|credits?",
        r"(?:crédits?|photo|image)(?: photo)?s?(?: de)?|photographie",
        r"(?:foto|bild)s?(?:nachweis| von)?",
        r"(?:foto|imagen|crédito)s?(?: de)?",
        abroad.PICTURE,
    )
    + r"\s*:\s*(?P<value>.*?)[)\]]?"
)
#: Before a full stop that ends a sentence, not an initial: "© H. Varga".
_NO_INITIAL = r"(?-i:(?<!\b[A-ZÀ-Þ]))"
_PHOTO = (
    r"(?:photo|picture|image|credit|crédit|foto|bild|imagen|crédito)s?"
    r"(?: by| photo| von| de)?"
)
#: The last words of a caption: "… © Agency / Name", "… (Photo: Name)".
CREDIT_AT_END = _compile(
    rf"(?<=\S)\s*(?P<credit>©(?![^©]*{_NO_INITIAL}\.\s+\S)\s*[^©]{{2,80}}|\(c\)\s+[^©]{{2,80}}"
    r"|(?<=[.!?] )(?-i:[A-ZÀ-Þ][A-ZÀ-Þ/&.' -]{5,60})"
    rf"|[(\[]{_PHOTO}\s*:\s*[^()\[\]]{{2,80}}[)\]]"
    rf"|(?<=[.!?…»”\"] ){_PHOTO}\s*:\s*(?-i:[A-ZÀ-Þ])(?![^:]*{_NO_INITIAL}\.\s+\S)[^:!?()]{{1,80}})\s*"
)
#: "AFP - Name", "REUTERS/Name": how some sites credit without a mark.
AGENCY = re.compile(
    r"(?:AFP|AP|ANSA|Anadolu|APA|Belga|[dD][pP][aA]|EFE|EPA|Getty Images|KEYSTONE|Keystone|LUSA|Lusa"
    r"|PA|REUTERS|Reuters|SIPA|TASS|Xinhua)(?: Photo)?(?:\s*[/–-]\s*|\s+via\s+)[A-ZÀ-Ý][^.!?]{2,50}"
)
#: Below the story: whose reports it was made of, "(with AFP)", "(Reuters)".
WITH_AGENCY = _compile(
    r"\(?(?:with|avec|mit|con)\s+(?P<value2>afp|ap|reuters|dpa|efe|news ?wires|wires"
    r"|(?:news ?)?(?:agencies|agences|agenturen|agencias))\)?"
    r"|\((?:(?:with|avec|mit|con)\s+)?(?P<value>[^()\d.]{2,40})\)"
)
#: Below a byline: who else wrote.
WITH_NAME = re.compile(r"(?:with|avec|mit|con)\s+(?P<value>[A-ZÀ-Þ].{2,60})")
#: An agency alone, above or below a caption.
AGENCY_ALONE = _compile(
    r"afp|ap|reuters|dpa|epa|efe|ansa|getty images|picture alliance|shutterstock|xinhua"
)
TAGS = _compile(
    _any_of(
        r"tags?|tagged|topics?|(?:read more on )?related topics|keywords?|filed under",
        r"mots[- ]clé[sf]?s?|thèmes?|étiquettes?",
        r"schlag(?:wörter|worte)|stichw[oö]rter|themen",
        r"etiquetas?|temas?|palabras clave",
        abroad.TAGS,
    )
    + r"\s*(?::\s*(?P<value>.*))?"
)
HASHTAGS = _compile(r"#[^\W\d][\w-]*(?:[\s,]+#[^\W\d][\w-]*)*")
TITLE = _compile(r"(?:headline|title|titre|titel|título|titular)\s*:\s*(?P<value>\S.*)")
ADDRESS = _compile(
    r"(?:(?:url|link|source|lien|enlace)\s*:\s*)?(?P<value>https?://\S+)"
)

_OUR = _any_of(
    r"(?:(?:with|from|by) )?(?:our|the|\w+(?:'s)?) (?:special )?(?:correspondents?|envoys?|reporters?)",
    r"(?:(?:avec|de) )?(?:notre|nos) (?:correspondante?s?|envoyée?s? spécia(?:le?s?|ux)|reporters?)",
    r"(?:(?:mit|von) )?unser(?:em|en|er|e)? (?:korrespondent(?:in|en|innen)?"
    r"|sonderkorrespondent(?:in|en)?|reporter(?:in|n)?)",
    r"(?:(?:con|de) )?nuestr[oa]s? (?:corresponsal(?:es)?|enviad[oa]s? especiale?s?)",
)
_IN = r"(?:in|at|from|to|à|en|au|aux|dans|aus|a|desde)"
#: The correspondent's place, then the name; or the name, then the place.
CORRESPONDENT = _compile(
    rf"\(?{_OUR}(?:\s+{_IN}\s+(?P<place>[^,:;.()]{{2,40}}?))?(?:(?:\s*[,:]|\s[–-])\s*(?P<name>[^()]{{3,60}}?))?,?\s*\)?\.?"
    rf"|\(?(?:(?:with|avec|mit|con)\s+)?(?P<name2>[^,:;.()]{{3,40}}),\s*{_OUR}\s+{_IN}\s+(?P<place2>[^,:;.()]{{2,40}}?)\s*\)?\.?"
    rf"|{_OUR}\s+(?P<name4>[^,:;.()]{{3,40}}?)\s+{_IN}\s+(?P<place4>[^,:;.()]{{2,40}}?)\.?"
    rf"|(?:reporting\s+)?from\s+(?P<place3>[^,:;.()]{{2,30}}),\s*(?P<name3>[^,:;.()]{{3,40}})"
)
#: "(From Berlin) Talks went on …": the place, then the story.
FROM_PLACE = _compile(
    r"\((?:reporting )?(?:from|depuis|aus|desde|de|à|en|in)\s+(?P<place>[^()\d.,:;]{2,30})\)\s*[-–—:]?\s*(?=\S)"
)

#: Where somebody who writes works.
OFFICE = _compile(
    r"\b(?:news|agency|press|radio|correspondent|reporter|editor|wire|agence|presse|correspondante?"
    r"|rédaction|journaliste|korrespondent(?:in)?|redaktion|agentur|agencia|corresponsal|redacción)\b"
)
#: Behind the names of a byline: who took the pictures.
PHOTO_BY = _compile(
    r"\s*[,;|(–—-]\s*(?:photos?|pictures?|images?|fotos?|bilder|imágenes)"
    r"(?: by| de| von)?\s*:?\s+(?P<photo>[^()]{3,60})\)?$"
)
NAME_IN_PLACE = _compile(
    r"(?P<names>.{3,60}?),?\s+(?:reporting\s+)?(?:in|from|à|en|aus|desde)\s+(?P<desk>.{2,40})"
)
#: How a story from a wire begins: "DUNMORE, 11 August (Agency) -".
DATELINE = re.compile(r"[A-ZÀ-ÞŁŚŽ'’ -]{4,}[,.:(–—-]|[^.]{2,60}\([^)]{2,40}\)\s*[-–—]")

# -- around the article -------------------------------------------------------

_ALSO = _any_of(
    r"also (?:read|listen to|watch|listen|see)|read also|see also",
    r"[àa] (?:lire|écouter|voir|regarder) (?:aussi|également)|(?:lire|voir|écouter) (?:aussi|également)",
    r"lesen sie auch|lies auch|lesen sie dazu(?: auch)?|hören sie auch|sehen sie auch|siehe auch|auch lesenswert",
    r"(?:lea|lee|leer|vea|ver|escuche|escuchar) (?:también|además)|también puede leer",
    r"(?:le|te) puede interesar",
    abroad.ALSO,
)
#: These are also said of the page itself, and need what follows the colon.
_MORE = _any_of(
    r"read(?: more)?|more",
    r"lire(?: la suite| plus)?",
    r"lesen sie(?: mehr)?|mehr dazu|mehr lesen",
    r"leer(?: más)?|lea(?: más)?|más información",
)
ALSO_READ = _compile(
    rf"(?:{MARKS}|[>*•\[(-])*\s*(?:{_ALSO}\s*(?:[:–—-]\s*|(?=\s\S)|$)|{_MORE}\s*:\s+(?=\S))(?P<value>.*)"
)
#: An arrow says the same for any label.
MARKED_LINK = _compile(r"[►▶➤]\s*[^:.!?]{3,30}:\s*(?P<value>\S.*)")
#: Where another one begins in the middle of a line.
ALSO_READ_INSIDE = _compile(
    rf"(?<!{MARKS})(?={MARKS}+\s{{0,3}}(?:{_ALSO}|{_MORE}\s{{0,3}}:))"
)
SAME_SUBJECT = _compile(
    rf"{MARKS}*\s*"
    + _any_of(
        r"on the same (?:subject|topic|theme|story)|related (?:articles?|stories|coverage|content|reading|news|links)",
        r"(?:read )?more on (?:this|the same) (?:story|topic|subject)|further reading|you (?:may|might) also like",
        r"(?:à lire )?sur le même (?:sujet|thème)|articles? (?:liés|associés|similaires|connexes)|pour aller plus loin",
        r"(?:mehr )?zu[mr]? (?:gleichen|selben|demselben|diesem)? ?thema|ähnliche (?:artikel|beiträge)",
        r"(?:mehr|weitere artikel) zu(?:m| diesem) thema|verwandte (?:artikel|beiträge)",
        r"(?:sobre|en|de) (?:el|este)? ?(?:mismo )?(?:tema|asunto)|del mismo tema|más sobre (?:este|el) (?:mismo )?tema",
        r"(?:artículos|noticias|contenidos|notas) relacionad[oa]s",
        abroad.SAME_SUBJECT,
    )
    + r"\s*(?::\s*(?P<value>.*))?"
)
READ_MORE = _compile(
    _any_of(
        r"read (?:more|on)|(?:continue|keep) reading|(?:read|see) the full (?:story|article)|(?:show|see) more",
        r"lire (?:la suite|plus|l'article)|en (?:lire|savoir) plus|afficher (?:la suite|plus)|voir plus",
        r"mehr lesen|weiter ?lesen|mehr anzeigen|mehr erfahren",
        r"(?:leer|lea|ver) más|seguir leyendo|continuar leyendo",
        abroad.READ_MORE,
    )
    + r"\s*[.…»›→>+:]*"
)
#: "The Ledger's newsletter: …", before the invitation itself.
_NEWSLETTER = r"(?:(?:\S+ ){0,3}(?:newsletter|infolettre|boletín|rundbrief)(?: [^.:]{1,40})?\s*:\s*)?"
CALL_TO_ACTION = _compile(
    _NEWSLETTER
    + _any_of(
        WITH_THE_APP,
        abroad.CALL,
        r"(?:newsletter\s*[:–-]?\s*)?(?:receive|get) (?:all |the |our |your |essential |daily )+.*\b(?:mailbox|inbox|e-?mail|newsletter)\b.*",
        r"(?:receive|get) all (?:the |our )?(?:latest )?(?:international )?news\b.*",
        r"(?:receive|get) (?:essential )?(?:international )?news every (?:morning|day|evening).*",
        r"(?:i|yes,? i) (?:want to )?subscribe.*|(?:subscribe|sign up|register)(?: now| here| today| free)?[.!]?",
        r"(?:subscribe|sign up) (?:to|for) (?:our|the|your)\b.*|.*\bsubscribe to our\b.*",
        r"take (?:all )?(?:the )?(?:international )?news everywhere.*",
        r"(?:and )?download (?:the|our|now)\b.*\bapp(?:lication)?\b.*|download the app",
        r"(?:the |our )?(?:daily |weekly |morning |evening )?newsletters?",
        r"(?:keep|stay) (?:up to date|informed)\b.*",
        r"(?:follow|join|find) us on .{2,60}|support (?:our|independent) .*journalism.*",
        r"recevez (?:toute )?l'(?:actualité|info(?:rmation)?)\b.*|erhalten sie alle .*nachrichten\b.*",
        r"recib[ae]n? toda (?:la|nuestra) (?:actualidad|información)\b.*",
        r"(?:newsletter\s*[:–-]?\s*)?recevez .*(?:boîte|mail|courriel|newsletter|infolettre).*|je m'abonne.*|abonnez-vous.*|s'abonner.*",
        r"inscrivez-vous.*|(?:emportez|suivez|retrouvez) (?:toute )?l'(?:actualité|info(?:rmation)?)\b.*",
        r"(?:et )?téléchargez .*appli.*|suivez-nous.*|rejoignez-nous.*",
        r"(?:erhalten|bekommen) sie .*(?:postfach|e-?mail|mail|newsletter).*|(?:ich |jetzt )?abonnier(?:e|en)\b.{0,30}",
        r"(?:jetzt )?anmelden[.!]?|(?:melden sie sich|laden sie) .*(?:newsletter|app)\b.*|folgen sie uns.*",
        r"nehmen sie .*nachrichten .*mit.*|.*\bapp herunterladen[.!]?",
        r"recib[ae]n? .*(?:correo|buzón|bandeja|mail|boletín|newsletter).*|me suscribo.*|suscr[íi]b(?:ase|ete|irse|irme)\b.*",
        r"(?:lleve|llévese|lleva) .*(?:actualidad|noticias).*|(?:y )?descargu?(?:e|ue|a)r? .*\bapp?(?:licación|licacion)?\b.*",
        r"(?:y )?descargue? .*aplicación.*|(?:siga|sigue|síg[au]nos) .*(?:aplicación|redes|app)\b.*|s[íi]g[au](?:e|nos|enos)?nos? en .*|regístrese.*",
    )
)
#: About the browser, not about the world.
NOTICE = _compile(
    _any_of(
        abroad.NOTICE,
        r"(?:we(?: and our partners)?|(?:this|our) (?:web)?site) uses? cookies\b.*",
        r"(?:avec nos partenaires, )?(?:nous|(?:ce|notre) site)(?: et nos partenaires,?)?(?: nous)? utilis(?:ons|e) des (?:cookies|traceurs)\b.*",
        r"(?:wir(?: und unsere partner)?|(?:diese|unsere) (?:web)?(?:site|seite)) (?:verwende|nutze|setze)[nt] .{0,30}cookies\b.*",
        r"(?:(?:nosotros y )?nuestros socios )?(?:(?:este|nuestro) sitio )?(?:usamos|utilizamos|usa|utiliza) cookies\b.*",
        r"the (?:content|page) you(?: have)? requested (?:does not exist|is (?:not|no longer) available)\b.*",
        r"(?:la page demandée|le contenu demandé|le contenu auquel vous .{2,40}) n'(?:existe|est) p(?:as|lus)\b.*",
        r"(?:la página|el contenido) que (?:solicita|busca) no (?:existe|está)\b.*",
        r"(?:der|die) (?:gewünschte|angeforderte) (?:inhalt|seite) (?:existiert|ist) nicht\b.*",
        r"to display this content.*|one of your browser extensions.*|your browser does not support.*",
        r"(?:please )?(?:enable|accept) (?:javascript|cookies).*|we use cookies.*|page not found",
        r"(?:for )?subscribers? only|(?:article )?réservé aux abonnés|nur für abonnenten|(?:solo|exclusivo) para suscriptores",
        r"pour afficher ce contenu.*|une de vos extensions.*|nous utilisons des cookies.*",
        r"um diesen inhalt .*|diese (?:web)?seite verwendet cookies.*",
        r"para mostrar este contenido.*|una de las extensiones.*|utilizamos cookies.*",
    )
)
RIGHTS = _compile(
    r".*(?:all rights reserved|tous droits réservés|alle rechte vorbehalten|(?:todos los )?derechos reservados"
    rf"|{abroad.RIGHTS}).*"
    r"|(?:©|\(c\))\s*(?:19|20)\d\d\b.*\bcopyright\b.*|(?:©\s*)?copyright\b.*|copyright\s*©.*"
    r"|.*\b(?:not responsible for (?:the )?(?:external )?content|pas responsable des? contenus?"
    r"|nicht für (?:die )?inhalte|no (?:se hace|es) responsable)\b.*"
)
#: A mark with only a year and a name: a credit above the story, a footer below it.
YEAR_MARK = _compile(r"(?:©|\(c\))\s*(?:19|20)\d\d\b.*")
OTHER_LISTS = _compile(
    _any_of(
        r"most (?:read|popular|viewed|shared)|(?:the )?latest(?: news)?|top stories|trending(?: now)?|recommended(?: for you)?",
        r"(?:les )?(?:articles )?(?:les )?plus (?:lus|consultés|partagés)|(?:les )?dernières (?:infos?|actualités|nouvelles)|à la une",
        r"meist ?gelesen(?:e artikel)?|(?:die )?neuesten? (?:nachrichten|meldungen)|empfohlen",
        r"lo más (?:leído|visto|compartido)|(?:las )?últimas noticias|recomendad[oa]s?",
        abroad.OTHER_LISTS,
    )
    + r"\s*:?"
)
_SHARING = _any_of(
    r"(?:share|tweet|post|print|save|copy|follow|listen|e-?mail|bookmark|comment)s?",
    r"partager?|tweeter|imprimer|copier|suivre|écouter|enregistrer|commenter|envoyer",
    r"teilen|twittern|drucken|kopieren|folgen|anhören|merken|speichern",
    r"síguenos|síganos|compartir|tuitear|imprimir|copiar|seguir|escuchar|guardar|comentar|enviar",
)
_ABOUT_SHARING = (
    r"(?:this|the|on|by|via|to|us|with|link|article|story|page|e-?mail|facebook|twitter|x|whatsapp"
    r"|linkedin|telegram|bluesky|threads|sur|par|cet|l'article|le|lien|ce|la|auf|per|diesen|artikel"
    r"|den|en|por|el|este|artículo|enlace|correo|mail|friends?|it|now|copied|\d+)"
)
SHARING = _compile(
    rf"{_SHARING}(?:\s+{_ABOUT_SHARING}){{0,5}}(?:\s+\d{{1,2}}:\d\d)?\s*:?"
    rf"|(?:{abroad.SHARING})\s*:?"
    r"|link kopieren|link copied|(?:audio|vidéo|vídeo|video|podcast)?\s*\d{1,2}:\d\d(?::\d\d)?"
)

_NAVIGATION_NAMES = """
home, menu, main menu, search, close, live, listen live, watch live, on air, log in, login, sign in,
sign out, my account, register, skip to main content, skip to content, skip to navigation, back,
back to top, back to homepage, top, next, previous, more, all, sections, topics, video, videos,
audio, podcast, podcasts, radio, tv, programmes, programs, shows, advertising, advertisement, ad,
sponsored, promoted, facebook, twitter, x, instagram, youtube, whatsapp, telegram, linkedin,
bluesky, threads, mastodon, tiktok, flipboard, messenger, e-mail, email, mail, rss, rss feeds,
comments, add a comment, comment, accept, accept all, refuse, decline, manage my choices, try again,
play, pause, mute, terms of use, terms and conditions, terms, privacy, privacy policy, cookies,
cookie policy, cookie settings, legal notice, contact, contact us, about, about us, who we are, who
are we, accessibility, jobs, careers, help, faq, newsletters, apps, the app, english, français,
deutsch, español, português, languages, edition, editions, site map, sitemap, accueil, recherche,
rechercher, fermer, en direct, direct, connexion, se connecter, mon compte, aller au contenu, aller
au contenu principal, retour, retour en haut, haut de page, suivant, précédent, plus, tout, vidéo,
vidéos, émissions, publicité, annonce, commentaires, accepter, refuser, réessayer, gérer mes choix,
mentions légales, confidentialité, politique de confidentialité, conditions d'utilisation, gestion
des cookies, qui sommes-nous, aide, applications, startseite, suche, suchen, schließen, anmeldung,
mein konto, zum inhalt, zum inhalt springen, zum hauptinhalt springen, zurück, nach oben, weiter,
alle, anzeige, werbung, kommentare, akzeptieren, ablehnen, impressum, datenschutz,
datenschutzerklärung, agb, nutzungsbedingungen, kontakt, über uns, hilfe, mediathek, sendungen,
start, inicio, portada, buscar, cerrar, en vivo, iniciar sesión, mi cuenta, ir al contenido, ir al
contenido principal, volver, arriba, siguiente, anterior, más, todo, vídeo, vídeos, programas,
publicidad, anuncio, comentarios, aceptar, rechazar, aviso legal, privacidad, política de
privacidad, política de cookies, contacto, quiénes somos, ayuda, menú,
contribuer, réutiliser ce contenu, offrir cet article, offrir l'article, voir les commentaires, gift this article,
tout accepter, paramétrer mes choix, aceptar todo, configurar mis preferencias, anuncios, live tv,
alle akzeptieren, einstellungen, reprints, auch interessant, artikel verschenken, artikel merken, regalar artículo
"""
_SECTION_NAMES = """
news, world, international, sport, sports, culture, business, economy, environment, science,
sciences, technology, health, opinion, analysis, politics, society, weather, africa, americas, asia,
asia-pacific, europe, middle east, france, monde, économie, environnement, santé, politique,
société, météo, afrique, amériques, asie, moyen-orient, asie-pacifique, opinions, technologies,
welt, politik, wirtschaft, kultur, wissenschaft, wissen, gesundheit, umwelt, gesellschaft, wetter,
nachrichten, afrika, amerika, asien, europa, deutschland, mundo, deportes, economía, medio ambiente,
ciencia, ciencias, salud, tiempo, política, sociedad, tecnología, cultura, noticias, áfrica,
américa, américa latina, españa
"""
#: Whole lines that are a page's furniture, whatever stands around them.
NAVIGATION = _names(_NAVIGATION_NAMES, abroad.NAVIGATION_NAMES)
#: Names of sections; the same words may be the article's tags.
SECTIONS = _names(_SECTION_NAMES, abroad.SECTION_NAMES)
BREADCRUMB = re.compile(r"\s*[>›»→/|•·]\s*|\s+[-–]\s+")

# -- names -----------------------------------------------------------------------

_PARTICLE_NAMES = (
    "a agences agencias agencies agenturen al and ap avec bin con d da de del della den"
    " der des di do dos du e el et for i ibn la le los mit of pour san santa st ten ter"
    " the und van vom von with y zu zum"
)
#: Small words inside names: "Ana de la Cruz", "Jan van der Meer and Iris Holt".
PARTICLES = frozenset(_PARTICLE_NAMES.split())
