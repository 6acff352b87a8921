"""Which language a pasted page is in, told from its labels, when all of them agree.

"Texte par", "À lire aussi": a page says such things in its own language. Menus and
footers do not count, for sites print those in several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.sources.pasted.lines import Unit
from digest.sources.pasted.marks import Kind, fold

#: Words of labels that only one language has. "Por" and "publicado" are Portuguese,
#: too, "text", "date" and "photo" almost anything: they say nothing.
_WORDS = {
    "en": "by also read more on the same subject topic theme story related issued"
    " published posted modified updated reading our your with from and subscribe receive"
    " follow download headline written filed subscribers",
    "fr": "par aussi également lire écouter voir suite sur même sujet publié publiée paru"
    " modifié modifiée mise temps lecture notre votre avec recevez suivez abonne"
    " téléchargez titre mots auteur autrice abonnés",
    "de": "von auch lesen lies mehr dazu zum gleichen thema veröffentlicht erschienen"
    " aktualisiert geändert stand lesezeit unser unserem unserer mit sie abonnieren"
    " erhalten schlagwörter themen weiterlesen abonnenten",
    "es": "lea vea también además mismo misma más actualizado lectura tiempo nuestro"
    " nuestra con el reciba siga suscribo suscríbase descargue palabras etiquetas leyendo"
    " suscriptores",
    "ru": "текст автор опубликовано изменено обновлено время чтения читайте также теме"
    " читать далее подписаться рассылка партнёры",
    "ar": "بقلم نشرت نشر تحديث مدة القراءة اقرأ أيضا المزيد نفس الموضوع أشترك",
    "zh": "发表时间 发布时间 更改时间 更新时间 阅读时间 延伸阅读 相关阅读 相关内容 相关文章"
    " 阅读更多 订阅",
}
_LANGUAGES = {
    word: language for language, text in _WORDS.items() for word in text.split()
}
#: Marks whose label is the page's own wording about its article.
_LABELLED = {
    *(Kind.TITLE, Kind.BYLINE, Kind.CORRESPONDENT, Kind.PUBLISHED, Kind.UPDATED),
    *(Kind.MINUTES, Kind.TAGS, Kind.ALSO_READ, Kind.SAME_SUBJECT, Kind.READ_MORE),
    *(Kind.CALL, Kind.NOTICE),
}


def language_of(units: Iterable[Unit]) -> str:
    """Return "en", "fr", "ru" … if every label says so, "" if undecided."""
    found: set[str] = set()
    for unit in units:
        if unit.kind in _LABELLED:
            label = fold(unit.mark.label).casefold()
            found |= {
                _LANGUAGES[w] for w in re.findall(r"\w+", label) if w in _LANGUAGES
            }
    return found.pop() if len(found) == 1 else ""
