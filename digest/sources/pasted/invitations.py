"""How newsrooms ask readers to take their app, in English, French, German, Spanish."""

from __future__ import annotations

#: How an invitation to take the app may end; "the application form" is another thing.
_TO_THE_END = r"(?:,? (?:now|today|here|for|free|from|on|and|to|pour|et|dès|jetzt|und|auf|ahora|para|y)\b.{0,40})?[ .!…»›→>]*"
#: "Follow … by downloading the … app", in every language: an imperative, then how.
#: With, on or in an app is only an invitation where it is the newsroom's own.
_ALTERNATIVES = (
    (
        r"(?:follow|take|read|receive|get|watch|listen|enjoy|keep|stay|discover|carry)\b.{2,90}"
        r"(?:\b(?:by downloading|download) (?:the|our)|\b(?:with|on|in|via|through) our)"
        r"(?: \S+){0,2} app(?:lication)?s?"
    ),
    r"get (?:the|our) (?:\S+ )?app",
    (
        r"(?:suivez|emportez|prenez|retrouvez|lisez|recevez|écoutez|regardez|restez|découvrez)\b.{2,90}"
        r"(?:\b(?:en téléchargeant|téléchargez) (?:l'|notre )|\b(?:sur|avec|dans|via|grâce à) notre )"
        r"(?:\S+ )?appli(?:cation)?(?: \S+)?"
    ),
    (
        r"(?:(?:ver)?folgen|lesen|erhalten|empfangen|nehmen|bleiben|hören|sehen|bekommen) sie\b.{2,90}"
        r"\b(?:mit|in|über|per) unserer (?:\S+[ -])?app"
    ),
    r"(?:verfolge|folge|lies|nimm|bleib|hör)\b.{2,90}\b(?:mit|in|über|per) unserer (?:\S+[ -])?app",
    (
        r"(?:(?:holen|laden) sie (?:sich )?|(?:hol|lade?) (?:dir )?)(?:jetzt )?(?:die|unsere)"
        r" (?:\S+[ -])?app(?: herunter)?"
    ),
    (
        r"(?:siga|sigue|lleve|lleva|lea|lee|reciba|recibe|escuche|vea|mant[eé]n(?:gase|te)?|descubra)\b.{2,90}"
        r"(?:\b(?:descargando|descargue) (?:la|nuestra)|\b(?:con|en|desde) nuestra)"
        r" (?:\S+ )?(?:aplicación|app)(?: \S+)?"
    ),
    r"descárg(?:ue|a)(?:se|te) (?:la|nuestra) (?:\S+ )?(?:aplicación|app)(?: \S+)?",
)
#: One pattern of them all, for a whole line.
WITH_THE_APP = f"(?:{'|'.join(_ALTERNATIVES)}){_TO_THE_END}"
