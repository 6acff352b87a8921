"""Templates as anybody may write them: what is legal, put together at random.

Everything here can be joined, so a page made of it has to be, and has to read as if it
had been rendered for one reader alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests import rendering_samples as samples

#: What may be printed anywhere: HTML and text.
ANYWHERE = (
    *("{{ digest.count }}", "{{ digest.more }}", "{{ digest.minutes }}"),
    *("{{ digest.complete }}", "{{ digest.count - 1 }}", "{{ digest.more + 2 }}"),
    *("{{ digest.count + digest.more }}", "{{ digest.count - digest.more }}"),
    *("{{ 100 - digest.count }}", "{{ 1 + digest.more }}"),
    *("{{ t('stories', n=digest.count) }}", "{{ t('cta_more', n=digest.more) }}"),
    *("{{ t('intro', n=digest.count - 1) }}", "{{ t('minutes', n=digest.minutes) }}"),
    *("{{ t('stories', n=digest.count + digest.more) }}", "{{ digest.topics }}"),
    *("{{ listed(digest.topics, newsletter.dir) }}", "{{ digest.teasers(40) }}"),
    "{{ mixed(listed(digest.topics), newsletter.dir) }}",
    "{{ t('preheader', headlines=digest.teasers(90)) }}",
    "{{ t('subject_more', headline=listed(digest.topics), n=digest.more) }}",
    *("{{ digest.teasers(90) | shorten(30) }}", "{{ digest.more | shorten(3) }}"),
    *("{{ reader.has_pause }}", "{{ site.name }}", "{{ issue.date }}"),
    *("{{ newsletter.title | upper }}", "{{ t('unsubscribe') }}", " ", "x", "·"),
)
#: What only a mail's own pages may print: a subject can be cut.
OF_READERS = (
    *("{{ reader.name }}", "{{ reader.address }}", "{{ reader.subscribed }}"),
    *("{{ reader.pause }}", "{{ subject }}", "{{ t('hello_name', name=reader.name) }}"),
    "{{ t('subject_more', headline=reader.name, n=digest.count) }}",
    (
        "{{ t('why_since', newsletter=subject, address=reader.address, "
        "date=reader.subscribed) }}"
    ),
)
OF_SECTION = (
    *("{{ S.title }}", "{{ S.more }}", "{{ S.more - 1 }}", "{{ S.slug }}"),
    "{{ t('section_more', n=S.more, topic=S.title) }}",
    *("{{ t('stories', n=S.more) }}", "{{ S.more + digest.count }}"),
)
OF_STORY = (
    *("{{ A.headline }}", "{{ A.standfirst }}", "{{ A.byline }}", "{{ A.topic }}"),
    *("{{ listed(A.also_in, newsletter.dir) }}", "{{ A.also_in }}", "{{ A.is_lead }}"),
    "{{ listed(A.elsewhere, newsletter.dir) }}",
    *("{{ A.headline | shorten(20) }}", "{{ t('minutes', n=A.minutes) }}"),
    *("{{ t('also_in', topics=listed(A.also_in)) }}", "{{ A.length }}"),
    *("{{ mixed(A.headline, A.dir) }}", "{{ A.kicker | upper }}", "{{ A.published }}"),
)

ASKED = (
    *("digest.more", "digest.count", "digest.count > 2", "digest.count == 1"),
    *("digest.more >= 3", "digest.complete", "digest.topics", "digest.others"),
    *("digest.count > digest.more", "digest.minutes != 4", "digest.articles"),
    *("reader.has_name", "reader.has_pause", "reader.has_address", "rtl"),
    *("newsletter.intro", "length == 'full'", "digest.more + digest.count < 7"),
)
ASKED_OF_SECTION = (
    *("S.more", "S.more > 1", "S.others", "S.articles", "S.title", "S.more == 2"),
    "S.more < digest.more",
)
ASKED_OF_STORY = (
    "A.also_in",
    "A.elsewhere",
    "A.image",
    "A.is_lead",
    "A.url",
    "A.has_body",
)

#: Conditions that stand still while a page is compiled: `if` may ask them.
STILL = (
    *("rtl", "newsletter.tagline", "length == 'headlines'", "site.name"),
    *("reader.has_name", "reader.has_pause", "not reader.has_subscribed"),
)
STILL_OF_STORY = ("A.image", "A.is_lead", "A.length == 'full'", "A.foreign")


_DEEPEST = 4  #: loops and branches inside each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a template knows where it stands, and in which page that is."""

    html: bool
    personal: bool = True
    section: str = ""  #: the variable that holds the section at hand
    story: str = ""
    around: frozenset[str] = frozenset()  #: loops it stands in
    depth: int = 0
    macros: list[str] = field(default_factory=list)

    def named(self, text: str) -> str:
        """Return an expression with the names of the variables at hand."""
        return text.replace("S.", f"{self.section}.").replace("A.", f"{self.story}.")

    def inside(self, **changes: object) -> Scope:
        return replace(self, depth=self.depth + 1, **changes)  # type: ignore[arg-type]


def _printed(scope: Scope) -> tuple[str, ...]:
    found: tuple[str, ...] = ANYWHERE
    if scope.personal:
        found += OF_READERS
    if scope.section:
        found += OF_SECTION
    if scope.story:
        found += OF_STORY * 2
    return tuple(map(scope.named, found))


@st.composite
def conditions(draw: st.DrawFn, scope: Scope) -> str:
    """Draw what `when` may ask."""
    found: tuple[str, ...] = ASKED
    if scope.section:
        found += ASKED_OF_SECTION
    if scope.story:
        found += ASKED_OF_STORY
    some = draw(st.lists(st.sampled_from(found), min_size=1, max_size=3))
    parts = [draw(st.sampled_from(("", "", "not "))) + f"({part})" for part in some]
    text = parts[0]
    for part in parts[1:]:
        text = f"({text} {draw(st.sampled_from(('and', 'or')))} {part})"
    return scope.named(text)


@st.composite
def blocks(draw: st.DrawFn, scope: Scope) -> str:
    """Draw a few blocks, one after the other."""
    kinds = KINDS if scope.depth < _DEEPEST else LEAVES
    most = max(1, _DEEPEST - scope.depth)
    made = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=most))
    return "".join(draw(kind(scope)) for kind in made)


@st.composite
def _words(draw: st.DrawFn, scope: Scope) -> str:
    found = "".join(draw(st.lists(st.sampled_from(_printed(scope)), max_size=3)))
    if scope.html:
        return draw(st.sampled_from((f"<p>{found}</p>\n", f"<i> {found}</i>")))
    return found + draw(st.sampled_from(("", " ", "\n", "\n\n", "\n \n\n")))


@st.composite
def _laid_out(draw: st.DrawFn, scope: Scope) -> str:
    """Text through one of our filters, or text in an attribute, a comment, a link."""
    one = draw(st.sampled_from(_printed(scope)))
    other = draw(st.sampled_from(_printed(scope)))
    if scope.html:
        return draw(
            st.sampled_from(
                (
                    f"<b title=\"{one}\" data-x='{other}y'>z</b>",
                    f"<img src='{samples.HOST}/x' alt='{one}'>",
                    f'<!--[if mso]><b title="{one}">{other}</b><![endif]-->',
                    f"<div title='a {one} \" & b'>{other}</div>",
                    f'<a href="{{{{ reader.unsubscribe }}}}" title="{one}">{other}</a>',
                    '<a href="{{ reader.web_copy }}">x</a>',
                    f'<a href="{samples.HOST}/?n={{{{ digest.count }}}}&m=1">x</a>',
                    f'<a href="{samples.HOST}/{{{{ listed(digest.topics) }}}}">x</a>',
                    (
                        "{% when reader.has_web_copy %}"
                        '<a href="{{ reader.web_copy }}">x</a>{% endwhen %}'
                    ),
                )
            )
        )
    inner = one.removeprefix("{{ ").removesuffix(" }}")
    if not one.startswith("{{ "):
        inner = "site.name"
    way = draw(
        st.sampled_from(("fill", "item", "quote", "underline", "underline('=')"))
    )
    return f"{{{{ ({inner}) | {way} }}}}" + draw(st.sampled_from(("", "\n", "\n\n")))


@st.composite
def _captured(draw: st.DrawFn, scope: Scope) -> str:
    name = f"x{scope.depth}"
    inner = draw(blocks(scope.inside()))
    return f"{{% set {name} %}}{inner}{{% endset %}}{{{{ {name} }}}}"


@st.composite
def _when(draw: st.DrawFn, scope: Scope) -> str:
    asked = draw(conditions(scope))
    body, other = draw(blocks(scope.inside())), draw(blocks(scope.inside()))
    if draw(st.booleans()):
        return f"{{% when {asked} %}}{body}{{% endwhen %}}\n"
    return f"{{% when {asked} %}}{body}{{% otherwise %}}{other}{{% endwhen %}}\n"


@st.composite
def _if(draw: st.DrawFn, scope: Scope) -> str:
    found = STILL + (STILL_OF_STORY if scope.story else ())
    asked = scope.named(draw(st.sampled_from(found)))
    body, other = draw(blocks(scope.inside())), draw(blocks(scope.inside()))
    return f"{{% if {asked} %}}{body}{{% else %}}{other}{{% endif %}}"


@st.composite
def _for(draw: st.DrawFn, scope: Scope) -> str:
    body = draw(_words(scope.inside()))
    over = draw(st.sampled_from(("newsletter.intro", "(1, 2)", "[]")))
    return (
        f"{{% for x in {over} %}}{{{{ loop.index }}}}{body}"
        "{% else %}none\n{% endfor %}"
    )


@st.composite
def _each(draw: st.DrawFn, scope: Scope) -> str:
    loops = ["digest.leads", "digest.others", "digest.articles", "digest.sections"]
    if scope.section:
        loops += [f"{scope.section}.articles", f"{scope.section}.others"] * 3
    left = [loop for loop in loops if loop not in scope.around]
    over = draw(st.sampled_from(left)) if len(scope.around) < 2 else ""
    if not over:
        return draw(_words(scope))
    around = scope.around | {over}
    if over == "digest.sections":
        name = f"s{scope.depth}"
        inner = scope.inside(section=name, around=around)
    else:
        name = f"a{scope.depth}"
        inner = scope.inside(story=name, around=around)
    between = ""
    if draw(st.booleans()):
        between = f"{{% between %}}{draw(_words(scope.inside()))}"
    return f"{{% each {name} in {over} %}}{draw(blocks(inner))}{between}{{% endeach %}}"


@st.composite
def _macro(draw: st.DrawFn, scope: Scope) -> str:
    name = f"m{len(scope.macros)}"
    scope.macros.append("")
    own = scope.inside(
        section="s" if scope.section else "", story="a" if scope.story else ""
    )
    body = draw(blocks(own))
    scope.macros[int(name[1:])] = f"{{% macro {name}(s, a) %}}{body}{{% endmacro %}}\n"
    given = [scope.section or "none", scope.story or "none"]
    return f"{{{{ {name}({', '.join(given)}) }}}}"


Kind = Callable[[Scope], st.SearchStrategy[str]]
LEAVES: tuple[Kind, ...] = (_words, _laid_out, _for)
KINDS: tuple[Kind, ...] = (
    *(_words, _words, _laid_out, _laid_out, _each, _each, _each, _when),
    *(_when, _captured, _if, _for, _macro),
)


@st.composite
def html_templates(draw: st.DrawFn) -> str:
    """Draw a whole page."""
    scope = Scope(html=True)
    body = draw(blocks(scope)) + draw(_each(scope)) + draw(blocks(scope))
    return (
        "".join(scope.macros)
        + '<!DOCTYPE html>\n<html lang="{{ language }}"><head><title>{{ subject }}'
        "</title>{{ styles }}</head><body><div>"
        + body
        + '<a href="{{ reader.unsubscribe }}">x</a></div></body></html>'
    )


@st.composite
def text_templates(draw: st.DrawFn) -> str:
    """Draw a text page."""
    scope = Scope(html=False)
    body = draw(blocks(scope)) + draw(_each(scope)) + draw(blocks(scope))
    return "".join(scope.macros) + body + "\n{{ reader.unsubscribe }}"


@st.composite
def subject_templates(draw: st.DrawFn) -> str:
    """Draw a subject, which knows no subject."""
    scope = Scope(html=False, personal=False, depth=1)
    body = draw(blocks(scope)) + "{{ reader.name }}"
    return "".join(scope.macros) + body


@st.composite
def styles(draw: st.DrawFn) -> str:
    """Draw a style sheet that asks nobody for siblings."""
    rules = ("p{margin:0}", "b,i{color:#111}", "div p{padding-{{ start }}:2px}")
    return "\n".join(draw(st.lists(st.sampled_from(rules))))


@st.composite
def rows(draw: st.DrawFn, inside: str) -> str:
    """Draw rows for the table of the shipped page, between two of its blocks.

    `inside` is empty, or says that it is the block of a story.
    """
    scope = Scope(html=True, depth=2, around=frozenset({inside} if inside else ()))
    inner = draw(blocks(scope))
    return "".join(scope.macros) + f"<tr><td>{inner}</td></tr>\n"
