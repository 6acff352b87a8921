"""What a template sees of a digest that is not chosen yet.

A page for all readers is rendered before anybody's stories are known. Where the
template says `digest.count`, it gets a `Later`: something that can be printed, passed
to `t(…)` and our filters, compared inside `{% when %}`, and nothing else. Where it
says `section.articles`, it gets `Many`: every story that may stand there, for
`{% each %}` to go through. Both know how to work out the real thing from the stage of
one reader's digest.

Whatever a template does beyond that needs the real digest, so the page cannot be
joined: `NotJoinable` says what and where, and the exact path takes over.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from digest.rendering.marks import Marks, Owners, Place, Shaped, SlotMisuse
from digest.rendering.personal import ALIKE, spoken
from digest.rendering.stage import Of


class NotJoinable(Exception):
    """A page that has to be rendered for every choice of articles by itself."""

    def __init__(self, why: str, place: Place | None = None) -> None:
        """Say why, and in which line of which template."""
        super().__init__(why, place)
        self.why, self.place = why, place

    def __str__(self) -> str:
        """Return `file:line: why`, or why alone."""
        where = f"{self.place.file}:{self.place.line}: " if self.place else ""
        return where + self.why


class Deferred:
    """Something of a digest that is not chosen yet; refuses to be looked at."""

    __slots__ = ("_marks", "_name", "_of", "_owners")
    _of_reader = False  #: whether it hangs only on which values a reader has

    def __init__(
        self, name: str, of: Of, marks: Marks, *, owners: Owners = frozenset()
    ) -> None:
        """Take its name in templates, how to work it out, and whose it is."""
        self._name, self._of, self._marks = name, of, marks
        self._owners = owners

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # Python's own questions, such as `__html__`
            raise AttributeError(name)
        raise NotJoinable(f"asks `{self._name}` for `{name}`; only `each` may")

    def __bool__(self) -> bool:
        raise NotJoinable(
            f"`{self._name}` is another for each reader, and `if` asks for it: "
            "`{% when %}` … `{% otherwise %}` … `{% endwhen %}` would do"
        )

    def __iter__(self) -> NoReturn:
        raise NotJoinable(
            f"`{self._name}` is another for each reader, and `for` goes through it: "
            "`{% each %}` … `{% endeach %}` would do"
        )

    def _refuse(self, *_: object) -> NoReturn:
        raise NotJoinable(
            f"`{self._name}` is another for each reader, and a filter, a test or an "
            "expression uses it"
        )

    __len__ = __contains__ = __getitem__ = __call__ = __hash__ = _refuse
    __mul__ = __rmul__ = __truediv__ = __floordiv__ = __mod__ = __rmod__ = _refuse
    __int__ = __float__ = __format__ = __index__ = _refuse


class Later(Deferred):
    """A number, a text or a truth that each reader has another of."""

    __slots__ = ("_write",)

    def __init__(
        self,
        name: str,
        of: Of,
        marks: Marks,
        write: Callable[..., str] = str,
        *,
        owners: Owners = frozenset(),
    ) -> None:
        """Take, beside the rest, how the value is written; values must be hashable."""
        super().__init__(name, of, marks, owners=owners)
        self._write = write

    def __str__(self) -> str:
        return self._marks.print(self)

    def __html__(self) -> str:
        return self._marks.print(self)

    def written(self, write: Callable[..., str]) -> Later:
        """Return the same, written another way."""
        return Later(self._name, self._of, self._marks, write, owners=self._owners)

    def rewritten(self, change: Callable[[str], str]) -> Later:
        """Return the same with `change` made to what is written."""
        write = self._write
        return self.written(lambda value: change(write(value)))

    def _worked_out(self, other: object, change: Callable[[Any, Any], object]) -> Later:
        """Return what `change` makes of this and of `other`, which may be later, too."""
        of = self._of
        if isinstance(other, Later):
            others = other._of  # noqa: SLF001 - as above
            return Later(
                self._name,
                lambda *scene: change(of(*scene), others(*scene)),
                self._marks,
                owners=self._owners | other._owners,  # noqa: SLF001
            )
        if isinstance(other, Deferred):
            other._refuse()  # noqa: SLF001
        return Later(
            self._name,
            lambda *scene: change(of(*scene), other),
            self._marks,
            owners=self._owners,
        )

    def __eq__(self, other: object) -> Later:  # type: ignore[override]
        return self._worked_out(other, operator.eq)

    def __ne__(self, other: object) -> Later:  # type: ignore[override]
        return self._worked_out(other, operator.ne)

    def __lt__(self, other: object) -> Later:
        return self._worked_out(other, operator.lt)

    def __le__(self, other: object) -> Later:
        return self._worked_out(other, operator.le)

    def __gt__(self, other: object) -> Later:
        return self._worked_out(other, operator.gt)

    def __ge__(self, other: object) -> Later:
        return self._worked_out(other, operator.ge)

    def __add__(self, other: object) -> Later:
        return self._worked_out(other, operator.add)

    def __radd__(self, other: object) -> Later:
        return self._worked_out(other, lambda value, before: before + value)

    def __sub__(self, other: object) -> Later:
        return self._worked_out(other, operator.sub)

    def __rsub__(self, other: object) -> Later:
        return self._worked_out(other, lambda value, before: before - value)

    __hash__ = Deferred._refuse  # noqa: SLF001 - `__eq__` would take it away


class Present(Later):
    """Whether a reader has a value, such as a name.

    The only one that `if` may ask: there are two answers, so at worst the page is
    compiled for either. `asked` collects the names of those that were.
    """

    __slots__ = ("_answer", "_asked", "_value")
    _of_reader = True

    def __init__(
        self, value: str, marks: Marks, *, answer: bool, asked: set[str]
    ) -> None:
        """Take the value's name, the answer for this page, and where to note it."""
        super().__init__(
            f"reader.has_{value}", lambda digest, _, __: value in digest.present, marks
        )
        self._value, self._answer, self._asked = value, answer, asked

    def __bool__(self) -> bool:
        self._asked.add(self._value)
        return self._answer


class Many(Deferred):
    """Every section or story that may stand somewhere, for `each` to go through.

    `possible` holds what a template may see there, with the key each is known by;
    `of` gives what one reader has there, in order, as items of the stage.
    """

    __slots__ = ("_possible", "_sections")

    def __init__(
        self,
        name: str,
        of: Of,
        marks: Marks,
        *,
        possible: Sequence[tuple[object, object]],
        sections: bool = False,
        owners: Owners = frozenset(),
    ) -> None:
        """Take, beside the rest, pairs of key and view; sections or stories."""
        super().__init__(name, of, marks, owners=owners)
        self._possible, self._sections = possible, sections


class _Answers(Later):
    """What several `Present` come to together."""

    __slots__ = ()
    _of_reader = True


def refuse_marked(value: object, marks: Marks) -> None:
    """Raise for text that is to be changed and holds what is not known yet."""
    if isinstance(value, Deferred):
        value._refuse()  # noqa: SLF001 - they hide their parts from templates alone
    if not isinstance(value, str) or marks.prefix not in value:
        return
    for number in map(int, marks.pattern.findall(value)):
        what = marks.printed[number]
        if isinstance(what, str):
            raise SlotMisuse(spoken(what), ALIKE)
        if isinstance(what, Shaped):
            refuse_marked(what.text, marks)
    raise NotJoinable(
        "a filter changes text with something in it that is another for each reader"
    )


# -- what `when` may say ------------------------------------------------------


def negated(value: object) -> object:
    """Return `not value`, later if need be."""
    if not isinstance(value, Deferred):
        return not value
    of = value._of  # noqa: SLF001 - they hide their parts from templates alone
    return _truth(lambda d, s, a: not of(d, s, a), value)


def both(left: object, right: object) -> object:
    """Return `left and right`, later if need be."""
    if not isinstance(left, Deferred):
        return right if left else left
    if not isinstance(right, Deferred):
        return left if right else right
    one, other = left._of, right._of  # noqa: SLF001
    return _truth(
        lambda d, s, a: bool(one(d, s, a)) and bool(other(d, s, a)), left, right
    )


def either(left: object, right: object) -> object:
    """Return `left or right`, later if need be."""
    return negated(both(negated(left), negated(right)))


def _truth(of: Of, *parts: Deferred) -> Later:
    """Return something true or false that is worked out from `parts`."""
    of_reader = all(part._of_reader for part in parts)  # noqa: SLF001
    kind = _Answers if of_reader else Later
    owners = frozenset().union(*(part._owners for part in parts))  # noqa: SLF001
    return kind(parts[0]._name, of, parts[0]._marks, owners=owners)  # noqa: SLF001
