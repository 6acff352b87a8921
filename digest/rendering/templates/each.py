"""`{% each %}` and `{% when %}`: the two tags that let a page be joined.

    {% each story in section.articles %} … {% between %} … {% endeach %}
    {% when section.more %} … {% otherwise %} … {% endwhen %}

In a page for one choice of articles `each` is `for` without `loop`, and `when` is
`if`. In a page for all readers `each` goes through everything that may stand there,
`when` through both its branches, and each of them leaves marks by which the page is
cut into blocks. `between` is what stands between two neighbours.

Both become an ordinary `for` over *steps*, so the same compiled template serves both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from digest.rendering.later import (
    Deferred,
    Later,
    Many,
    NotJoinable,
    both,
    either,
    negated,
)
from digest.rendering.marks import Block, Bound, Opening
from digest.rendering.stage import LOCAL

_FLAT = False  #: as `nodes.For` wants it: not `recursive`


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of the loop that a tag became."""

    mark: str = ""  #: printed first; empty in a page of one choice
    body: bool = False
    other: bool = False  #: what stands between two, or the other branch


class Each(Extension):
    """The tags `each` and `when`."""

    tags = frozenset({"each", "when"})  # type: ignore[assignment]  # Jinja says a set

    def parse(self, parser: Parser) -> nodes.Node:
        """Turn either tag into a loop over its steps."""
        token = next(parser.stream)
        parse = self._each if token.value == "each" else self._when
        loop = parse(parser, token.lineno)
        _refuse_loop_variable(loop, parser)
        return loop

    def _each(self, parser: Parser, line: int) -> nodes.For:
        target = parser.parse_assign_target(extra_end_rules=("name:in",))
        parser.stream.expect("name:in")
        goes_through = parser.parse_expression()
        body, other = _bodies(parser, "between", "endeach")
        step = parser.free_identifier(lineno=line)
        counts = [nodes.Keyword("counts", _changes_namespace(body + other))]
        steps = self.call_method("_steps", [goes_through], counts, lineno=line)
        pair = nodes.Tuple([step, target], "store", lineno=line)
        return _loop(pair, steps, step, body, other, line)

    def _when(self, parser: Parser, line: int) -> nodes.For:
        condition = self._lifted(parser.parse_expression())
        body, other = _bodies(parser, "otherwise", "endwhen")
        step = parser.free_identifier(lineno=line)
        counts = [nodes.Keyword("counts", _changes_namespace(body + other))]
        steps = self.call_method("_branches", [condition], counts, lineno=line)
        return _loop(step, steps, step, body, other, line)

    def _lifted(self, condition: nodes.Expr) -> nodes.Expr:
        """Replace `not`, `and` and `or` by functions that can wait.

        What stands behind `and` is looked at only where that matters, as in `if`.
        """
        match condition:
            case nodes.Not(node=inner):
                return self.call_method("_not", [self._lifted(inner)])
            case nodes.And() | nodes.Or():
                kind = type(condition)
                *parts, joined = map(self._lifted, _operands(condition, kind))
                for part in reversed(parts):
                    joined = self._two(kind, part, joined)
                return joined
        return condition

    def _two(
        self, kind: type[nodes.BinExpr], left: nodes.Expr, right: nodes.Expr
    ) -> nodes.Expr:
        decides, joins = ("_no", "_and") if kind is nodes.And else ("_yes", "_or")
        return nodes.CondExpr(
            self.call_method(decides, [left]),
            left,
            self.call_method(joins, [left, right]),
        )

    # Called by compiled templates.
    _not = staticmethod(negated)
    _and = staticmethod(both)
    _or = staticmethod(either)

    @staticmethod
    def _no(value: object) -> bool:
        return not isinstance(value, Deferred) and not value

    @staticmethod
    def _yes(value: object) -> bool:
        return not isinstance(value, Deferred) and bool(value)

    @staticmethod
    def _steps(
        found: Iterable[object], *, counts: bool
    ) -> Iterator[tuple[Step, object]]:
        if not isinstance(found, Many):
            for number, one in enumerate(found):
                if number:
                    yield Step(other=True), None
                yield Step(body=True), one
            return
        _refuse(counting=counts)
        marks, of = found._marks, found._of  # noqa: SLF001 - they hide their parts from templates alone
        opening = Opening(of, sections=found._sections, owners=found._owners)  # noqa: SLF001
        yield Step(marks.print(opening)), None
        yield Step(marks.print(Bound.BETWEEN), other=True), None
        for key, view in found._possible:  # noqa: SLF001
            yield Step(marks.print(Block(key)), body=True), view
        yield Step(marks.print(Bound.END)), None

    @staticmethod
    def _branches(condition: object, *, counts: bool) -> Iterator[Step]:
        if not isinstance(condition, Deferred):
            yield Step(body=bool(condition), other=not condition)
            return
        _refuse(counting=counts)
        marks, of = condition._marks, condition._of  # noqa: SLF001
        opening = Opening(
            lambda d, s, a: bool(of(d, s, a)),
            fact=of if isinstance(condition, Later) or of in LOCAL else None,
            of_reader=condition._of_reader,  # noqa: SLF001
            owners=condition._owners,  # noqa: SLF001
        )
        yield Step(marks.print(opening))
        yield Step(marks.print(Bound.OPTION), other=True)
        yield Step(marks.print(Bound.OPTION), body=True)
        yield Step(marks.print(Bound.END))


def _operands(condition: nodes.Expr, kind: type[nodes.BinExpr]) -> Iterator[nodes.Expr]:
    """Yield what a chain of `and` or of `or` joins, from left to right."""
    if isinstance(condition, kind):
        yield from _operands(condition.left, kind)
        yield from _operands(condition.right, kind)
    else:
        yield condition


def _bodies(
    parser: Parser, middle: str, end: str
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    body = parser.parse_statements((f"name:{middle}", f"name:{end}"))
    if next(parser.stream).value == end:
        return body, []
    return body, parser.parse_statements((f"name:{end}",), drop_needle=True)


def _loop(
    target: nodes.Expr,
    steps: nodes.Expr,
    step: nodes.InternalName,
    body: list[nodes.Node],
    other: list[nodes.Node],
    line: int,
) -> nodes.For:
    def asks(part: str) -> nodes.Expr:
        return nodes.Getattr(step, part, "load", lineno=line)

    second = nodes.If(asks("other"), other, [], [], lineno=line)
    first = nodes.If(asks("body"), body, [], [second] if other else [], lineno=line)
    mark = nodes.Output([nodes.MarkSafe(asks("mark"))], lineno=line)
    return nodes.For(target, steps, [mark, first], [], None, _FLAT, lineno=line)


def _changes_namespace(body: list[nodes.Node]) -> nodes.Const:
    """Return whether a body leaves something behind for what comes after it."""
    return nodes.Const(any(next(node.find_all(nodes.NSRef), None) for node in body))


def _refuse(*, counting: bool) -> None:
    if counting:
        raise NotJoinable(
            "`{% set %}` changes a namespace inside `each` or `when`, which go through "
            "every story there may be"
        )


def _refuse_loop_variable(loop: nodes.For, parser: Parser) -> None:
    """Raise where the body asks for `loop`, which would count steps, not stories."""
    waiting: list[nodes.Node] = list(loop.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.Name) and node.name == "loop":
            parser.fail(
                "`loop` has no meaning inside `each` and `when`: use `{% between %}`, "
                "or `{% for %}`, which is slower",
                node.lineno,
            )
        if isinstance(node, nodes.For):
            waiting.append(node.iter)  # its body has a `loop` of its own
        else:
            waiting.extend(node.iter_child_nodes())
