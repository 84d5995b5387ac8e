"""Mutants of a module: small changes of meaning, each of which a test should notice.

A mutant replaces one stretch of source text; everything else of the file stays as it is, comments included.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias


class Mutant(NamedTuple):
    """One change: lines `line` to `last` of the file at `path`, in which `before` becomes `after`."""

    path: str
    line: int
    last: int
    start: int
    end: int
    before: str
    after: str

    def apply(self, source: bytes) -> bytes:
        """Return `source` with the change."""
        return source[: self.start] + self.after.encode() + source[self.end :]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {_one_line(self.before)} -> {_one_line(self.after)}"


Change: TypeAlias = Iterator[ast.AST]
"""What may stand in place of a node."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_ANNOTATED = {"annotation", "returns", "decorator_list", "bases", "type_params"}
_TYPES_ONLY = {"Literal", "TypeAlias", "cast", "TypeVar", "NewType"}


def mutants(path: str, source: bytes) -> list[Mutant]:
    """Return every mutant of the module at `path`."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def of_node(node: Any, after: ast.AST) -> Mutant:
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        text = ast.unparse(after)
        if isinstance(after, ast.expr):
            text = f"({text})"
        return Mutant(path, node.lineno, node.end_lineno, start, end, source[start:end].decode(), text)

    places = _places(ast.parse(source))
    return [of_node(place, after) for node in places for place, after in _changes(node)]


def _places(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run: no annotations, docstrings, f-string pieces or code for type checkers."""
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        if name in _ANNOTATED:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_for_readers(child):
                yield child
                yield from _places(child)


def _is_for_readers(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Call(func=ast.Name(id="TypeVar" | "cast")):
            return True
        case ast.Subscript(value=ast.Name(id=name)):
            return name in _TYPES_ONLY
    return False


def _changes(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield each node to replace, with its replacement."""
    if isinstance(node, ast.If | ast.While) and not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
        yield node.test, ast.UnaryOp(ast.Not(), node.test)
    if change := _OF_KIND.get(type(node)):
        yield from ((node, after) for after in change(node))


def _with(node: Any, **fields: Any) -> Any:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _compare(node: ast.Compare) -> Change:
    if type(node.ops[0]) in _COMPARISONS:
        yield _with(node, ops=[_COMPARISONS[type(node.ops[0])](), *node.ops[1:]])


def _bool_op(node: ast.BoolOp) -> Change:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for index in range(len(node.values)):
        left = node.values[:index] + node.values[index + 1 :]
        yield left[0] if len(left) == 1 else _with(node, values=left)


def _not(node: ast.UnaryOp) -> Change:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _arithmetic(node: ast.BinOp) -> Change:
    if type(node.op) in _ARITHMETIC and not isinstance(node.left, ast.JoinedStr):
        yield _with(node, op=_ARITHMETIC[type(node.op)]())


def _constant(node: ast.Constant) -> Change:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value:
        yield ast.Constant(f"{value}~")


def _members(node: Any) -> Change:
    if len(node.elts) > 1 and isinstance(node.ctx if hasattr(node, "ctx") else ast.Load(), ast.Load):
        for index in range(len(node.elts)):
            yield _with(node, elts=node.elts[:index] + node.elts[index + 1 :])


def _keys(node: ast.Dict) -> Change:
    for index in range(len(node.keys)):
        yield _with(
            node, keys=node.keys[:index] + node.keys[index + 1 :], values=node.values[:index] + node.values[index + 1 :]
        )


def _call(node: ast.Call) -> Change:
    for index in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:index] + node.keywords[index + 1 :])


def _conditional(node: ast.IfExp) -> Change:
    yield node.body
    yield node.orelse


def _comprehension(node: Any) -> Change:
    for number, each in enumerate(node.generators):
        for index in range(len(each.ifs)):
            generators = list(node.generators)
            generators[number] = _with(each, ifs=each.ifs[:index] + each.ifs[index + 1 :])
            yield _with(node, generators=generators)


def _f_string(node: ast.JoinedStr) -> Change:
    if len(node.values) > 1:
        yield _with(node, values=node.values[1:])
        yield _with(node, values=node.values[:-1])


def _returned(node: ast.Return) -> Change:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield ast.Return(ast.Constant(None))


def _statement(_: ast.AST) -> Change:
    yield ast.Pass()


_OF_KIND: dict[type[ast.AST], Callable[[Any], Change]] = {
    ast.Compare: _compare,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _not,
    ast.BinOp: _arithmetic,
    ast.Constant: _constant,
    ast.Tuple: _members,
    ast.List: _members,
    ast.Set: _members,
    ast.Dict: _keys,
    ast.Call: _call,
    ast.JoinedStr: _f_string,
    ast.IfExp: _conditional,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Return: _returned,
    ast.Expr: _statement,
    ast.AugAssign: _statement,
    ast.Raise: _statement,
    ast.Delete: _statement,
    ast.Continue: _statement,
}


def _one_line(text: str) -> str:
    short = " ".join(text.split())
    return short if len(short) <= 110 else f"{short[:109]}…"
