"""The home of Jinja: templates as values, and errors that name file and line.

Two environments, never one that guesses: HTML templates escape everything they
print, text templates nothing. Names that do not exist are errors, because a
misspelt field must stop the issue instead of sending "Hello ,". Whatever goes
wrong inside a template leaves as `TemplateProblem`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import wraps
from traceback import walk_tb
from types import CodeType
from typing import ClassVar

from jinja2 import (
    BytecodeCache,
    Environment,
    FunctionLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket
from jinja2.utils import missing
from markupsafe import Markup, escape

from digest.errors import TemplateProblem
from digest.rendering.later import NotJoinable
from digest.rendering.marks import Place
from digest.rendering.personal import finalize
from digest.rendering.templates.each import Each

__all__ = ["Markup", "TemplateFile", "TemplateSet", "Templates", "escape"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFile:
    """One file of a template set."""

    path: str  #: as people know it, for messages
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSet:
    """A newsletter's look: its templates, styles and words, as values.

    `files` are named as templates name each other: ``digest.html.j2``,
    ``digest.txt.j2``, ``subject.txt.j2``, ``style.css``, ``kept.css``,
    ``words.yaml``, and whatever these include. `catalogues` are the stock's words, by
    language (``pt-BR``).
    """

    name: str
    files: Mapping[str, TemplateFile]
    catalogues: Mapping[str, TemplateFile] = field(default_factory=dict)
    shipped: bool = False  #: with the product, be it with a project's changes
    #: ``theme.yaml`` of whoever has one, the strongest last; without any, templates
    #: have no `theme`.
    themes: tuple[TemplateFile, ...] = ()

    def file(self, name: str) -> TemplateFile:
        """Return the file of that name; raise `TemplateProblem` without it."""
        if name in self.files:
            return self.files[name]
        own = [file for file in sorted(self.files) if "/" not in file]
        there = ", ".join(own) or "nothing"
        raise TemplateProblem(
            f"templates/{self.name}/{name}",
            1,
            f"this file is missing from the template set `{self.name}`, which has "
            f"{there}: add it",
        )


#: Filters that do not look into a text: what is in it may come later.
_HARMLESS = frozenset(
    {"default", "d", "e", "escape", "join", "string", "trim", "list", "select", "map"}
)


def _watched(
    function: Callable[..., object], see: Callable[[object], None]
) -> Callable[..., object]:
    """Return a filter that shows what it is given before it does anything."""

    @wraps(function)  # and what Jinja wrote on it, such as `pass_environment`
    def watched(*arguments: object, **named: object) -> object:
        for argument in arguments:
            see(argument)
        return function(*arguments, **named)

    return watched


class _Compiled(BytecodeCache):
    """Keeps compiled templates, so that the next issue does not compile them again.

    A newsroom's templates take 150 ms to compile and change only when somebody
    edits them. What Jinja compiles differs between escaping and not.
    """

    _MOST = 256
    _codes: ClassVar[dict[tuple[bool, str, str], CodeType]] = {}

    def __init__(self, *, escaping: bool) -> None:
        self._escaping = escaping

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give `bucket` the code of this very source, if it was compiled before."""
        bucket.code = self._codes.get((self._escaping, bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember what was just compiled."""
        if len(self._codes) >= self._MOST:
            self._codes.clear()
        assert bucket.code is not None
        self._codes[self._escaping, bucket.key, bucket.checksum] = bucket.code


class Templates:
    """The templates of one set, compiled when first used."""

    def __init__(self, files: TemplateSet, *, names: Iterable[str]) -> None:
        """Take the files and the names of the variables templates are given."""
        self._files = files
        self._html = self._environment(names, escaping=True)
        self._text = self._environment(names, escaping=False)

    def html(self, name: str, variables: Mapping[str, object]) -> str:
        """Render an HTML template."""
        return self._render(self._html, name, variables)

    def text(self, name: str, variables: Mapping[str, object]) -> str:
        """Render a template of text or of styles."""
        return self._render(self._text, name, variables)

    def add_filters(
        self,
        *,
        html: Mapping[str, Callable[..., object]],
        text: Mapping[str, Callable[..., str]],
    ) -> None:
        """Give the templates filters of our own."""
        self._html.filters.update(html)
        self._text.filters.update(text)

    def watch_filters(self, see: Callable[[object], None]) -> None:
        """Have `see` called with whatever one of Jinja's filters is about to change.

        It may raise. Those that leave text as it is, or take it from a list, are left;
        `safe` may have text, but nothing that would be escaped later all the same.
        """

        def see_other(value: object) -> None:
            if not isinstance(value, str):
                see(value)

        for environment in (self._html, self._text):
            for name in environment.filters.keys() - _HARMLESS:
                seen = see_other if name == "safe" else see
                function = environment.filters[name]
                environment.filters[name] = _watched(function, seen)

    def _environment(self, names: Iterable[str], *, escaping: bool) -> Environment:
        return Environment(
            loader=FunctionLoader(self._source),
            autoescape=escaping,  # noqa: S701 - off only for plain text and CSS
            undefined=_undefined(frozenset(names)),
            finalize=finalize,
            extensions=[Each],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_Compiled(escaping=escaping),
        )

    def _source(self, name: str) -> tuple[str, str, Callable[[], bool]] | None:
        file = self._files.files.get(name)
        return (file.text, file.path, lambda: True) if file else None

    def _render(
        self, environment: Environment, name: str, variables: Mapping[str, object]
    ) -> str:
        path = self._files.file(name).path
        try:
            return environment.get_template(name).render(variables)
        except TemplateProblem:
            raise
        except NotJoinable as error:
            file, line = next(iter(self._places(error)), (path, 1))
            raise NotJoinable(error.why, Place(file=file, line=line)) from error
        except Exception as error:
            # Whatever a template does wrong, its author is told where.
            raise self._problem(error, path) from error

    def _problem(self, error: Exception, path: str) -> TemplateProblem:
        file, line = next(iter(self._places(error)), (path, 1))
        if isinstance(error, TemplateSyntaxError):
            return TemplateProblem(error.filename or file, error.lineno, _ended(error))
        if isinstance(error, TemplateNotFound):
            near = get_close_matches(str(error.name), self._files.files, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "add it beside this file"
            what = f"includes `{error.name}`, which is not in this set: {hint}"
            return TemplateProblem(file, line, what)
        what = str(error) or type(error).__name__
        if type(error).__module__ == "builtins":
            what = f"{type(error).__name__}: {what}"
        return TemplateProblem(file, line, what)

    def _places(self, error: Exception) -> Iterator[tuple[str, int]]:
        """Yield file and line of every template on the way, the innermost first."""
        known = {file.path for file in self._files.files.values()}
        frames = list(walk_tb(error.__traceback__))
        for frame, line in reversed(frames):
            if frame.f_code.co_filename in known:
                yield frame.f_code.co_filename, line


def _ended(error: TemplateSyntaxError) -> str:
    return (error.message or "cannot be read as a template").rstrip(".")


def _undefined(names: frozenset[str]) -> type[StrictUndefined]:
    """Return an Undefined that knows the nearest name that exists."""

    class Unknown(StrictUndefined):
        @property
        def _undefined_message(self) -> str:
            if self._undefined_hint:
                return self._undefined_hint
            name = str(self._undefined_name)
            if self._undefined_obj is missing:
                return f"`{name}` is unknown: {_near(name, names)}"
            owner = type(self._undefined_obj).__name__.removesuffix("View").lower()
            fields = (n for n in dir(self._undefined_obj) if not n.startswith("_"))
            return f"`{name}` is not a field of `{owner}`: {_near(name, fields)}"

    return Unknown


def _near(name: str, names: Iterable[str]) -> str:
    known = sorted(names)
    near = get_close_matches(name, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there are {', '.join(f'`{n}`' for n in known)}" if known else "remove it"
