"""Operations on arrays as a textbook sets them: products, transposes, norms, sums, items.

An operation on arrays is known by its text, `{0} @ {1}`, `sum({0}, axis=0)`, whoever wrote it; what
has no form of its own is a function with its arguments.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, TypeGuard

from diffsrc.emit.arithmetic import (
    ONE,
    TWO,
    closed,
    constant,
    enclosed,
    factor,
    operation,
    power,
    product,
    quotient,
    total,
)
from diffsrc.emit.boxes import (
    RING,
    Apply,
    Below,
    Big,
    Box,
    Chain,
    Digits,
    Factors,
    Fence,
    Name,
    Power,
    Range,
    Relation,
    Row,
    Terms,
    Words,
    cases,
)
from diffsrc.emit.expressions import HOLE
from diffsrc.emit.scatter import puts_of
from diffsrc.emit.symbols import Symbol
from diffsrc.ir import Call, Const, Node
from diffsrc.ir.shapes import is_unit

DIGITS = re.compile(r"-?\d+(, -?\d+)*")
POINTWISE = frozenset({"mul", "div", "neg"})
HADAMARD, KRONECKER, CROSS = "⊙", "⊗", "×"
ONES, ZEROS = Name(Symbol("𝟏")), Name(Symbol("𝟎"))
INVERSE = Factors(negative=True, top=(ONE,))
LETTERS = "ijklpqrs"  # of axes
MODULES = frozenset({"np", "linalg", "special", "integrate", "scipy"})
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.FloorDiv: "floordiv",
}


SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "≤",
    ast.Gt: ">",
    ast.GtE: "≥",
    ast.Eq: "=",
    ast.NotEq: "≠",
}


class Part(NamedTuple):
    """A value inside the text of an operation.

    Attributes:
        rank: how many axes it has.
        node: what it is, where the text has a hole for it.
    """

    box: Box
    rank: int
    node: Node | None = None


class Matrices:
    """Sets the operations on arrays of one formula.

    Attributes:
        done: the boxes of the values that they are made of.
        named: those of values that have a name, which are not looked into.
    """

    def __init__(
        self, done: dict[Node, Box], named: dict[Node, Box], taken: Collection[Symbol]
    ) -> None:
        self.done = done
        self.named = named
        # LaTeX sets them as T, and where a value is called that, in another way.
        self.transposition = Name(Symbol("⊺" if Symbol("T") in taken else "⊤"))
        self.of_inverse = Factors(negative=True, top=(self.transposition,))
        self.identity = Symbol("I") not in taken
        free = (letter for letter in LETTERS if Symbol(letter) not in taken)
        self.letters = [Name(Symbol(letter)) for letter in free]

    def __call__(self, node: Call) -> Box:
        """The box of an operation that is known by its text."""
        holes = [self.part(arg) for arg in node.args]
        if node.op == "scatter":
            return self._scattered(node, holes)
        return Text(self, holes).value(_parsed(str(node.options[0]))).box

    def part(self, node: Node) -> Part:
        return Part(self.done[node], len(node.type.axes), node)

    def _scattered(self, node: Call, holes: list[Part]) -> Box:
        """What is added to items of an array as a sum of arrays that are zero elsewhere."""
        text = Text(self, holes)
        start = holes[0].box
        for put in puts_of(node):
            value = holes[put.value].box
            at = text.entries(_parsed(f"_[{put.items}]"))
            at = at if isinstance(at, Row) else Row((at,))
            start = total(start, Apply("embed", (value,), below=at), minus=put.negative)
        if isinstance(start, Terms) and start.terms[0] == (False, ZEROS):
            negative, single = start.terms[1]
            return Terms(start.terms[1:]) if negative or len(start.terms) > 2 else single
        return start

    # Products by elements

    def pointwise(self, node: Call) -> Box:
        """A product or quotient of arrays and numbers, the numbers in front."""
        negative = False
        scalars: Box = ONE
        arrays: dict[bool, list[Part]] = {False: [], True: []}
        todo: list[tuple[Node, bool]] = [(node, False)]
        while todo:
            part, below = todo.pop()
            if (
                isinstance(part, Call)
                and part.op in POINTWISE
                and part.type.axes
                and (part is node or part not in self.named)
            ):
                negative ^= part.op == "neg"
                turned = [
                    (arg, below ^ (part.op == "div" and i == 1)) for i, arg in enumerate(part.args)
                ]
                todo += reversed(turned)
            elif part.type.axes:
                arrays[below].append(self.part(part))
            else:
                scalars = (quotient if below else product)(scalars, self.done[part])
        if not isinstance(scalars, Factors):
            scalars = Factors(negative=False, top=(scalars,))
        numbers = () if arrays[False] and scalars.top == (ONE,) else scalars.top
        top = self._after(numbers, arrays[False])
        bottom = self._after(scalars.bottom, arrays[True])
        if len(top) == 1 and not bottom and negative == scalars.negative:
            return top[0]
        return Factors(negative != scalars.negative, top, bottom)

    def _after(self, numbers: Sequence[Box], arrays: Sequence[Part]) -> tuple[Box, ...]:
        """The factors above or below a line."""
        front = [enclosed(n) if isinstance(n, Chain | Big) else n for n in numbers]
        if not arrays:
            return tuple(front)
        box = self._times(arrays)
        last = enclosed(box) if front and isinstance(box, Factors) else factor(box)
        return (*front, last)

    def _times(self, parts: Sequence[Part]) -> Box:
        """A product of arrays by elements; of a matrix and vectors one of matrices."""
        if max(part.rank for part in parts) == 2:
            columns = [Part(c, 1) for part in parts if (c := self._column(part)) is not None]
            rows = [part for part in parts if part.rank == 1]
            rest = [part for part in parts if part.rank == 2 and self._column(part) is None]
            narrow = any(p.node is not None and any(map(is_unit, p.node.type.axes)) for p in rest)
            if rest and not narrow and columns + rows:
                left = [Apply("diag", (_times(columns),))] if columns else []
                right = [Apply("diag", (_times(rows),))] if rows else []
                return Chain((*left, *_linked(_times(rest)), *right))
            if columns and rows and not rest:
                return self.outer(_times(columns), _times(rows))
        return _times(parts)

    def _column(self, part: Part) -> Box | None:
        """What stands as a column in `x[:, None]`."""
        node = part.node
        if not isinstance(node, Call) or node in self.named or node.op == "scatter":
            return None
        if not node.options or len(node.args) != 1 or len(node.args[0].type.axes) != 1:
            return None
        is_column = node.options[0] in {"{0}[:, None]", "{0}[..., None]"}
        return self.done[node.args[0]] if is_column else None

    # Matrices

    def transposed(self, box: Box) -> Box:
        match box:
            case Power(base, exponent) if exponent == self.transposition:
                return base
            case Power(base, exponent) if exponent == INVERSE:
                return Power(base, self.of_inverse)
            case Power(base, exponent) if exponent == self.of_inverse:
                return Power(base, INVERSE)
        return Power(_base(box), self.transposition)

    def outer(self, a: Box, b: Box) -> Box:
        (front, a), (other, b) = _number(a), _number(b)
        return _scaled((*front, *other), Chain((*_linked(a), self.transposed(b))))

    def product(self, a: Part, b: Part) -> Part:
        """The matrix product; vectors are columns."""
        rank = max(a.rank, b.rank) if min(a.rank, b.rank) > 1 else abs(a.rank - b.rank)
        if a.rank == b.rank == 1 and a.node is not None and a.node is b.node:
            return Part(Power(norm(a.box), TWO), 0)
        (front, left), (other, right) = _number(a.box), _number(b.box)
        parts: tuple[Box, ...] = (*_linked(left), *_linked(right))
        if a.rank == b.rank == 1:
            parts = (*map(self.transposed, reversed(_linked(left))), *_linked(right))
        elif a.rank == 1:
            parts = (self.transposed(right), *_linked(left))
        return Part(_scaled((*front, *other), Chain(parts)), rank)


class Text:
    """Sets the text of one operation, with the boxes of its arguments in the holes."""

    def __init__(self, matrices: Matrices, holes: Sequence[Part]) -> None:
        self.matrices = matrices
        self.holes = holes

    def value(self, text: ast.expr) -> Part:
        match text:
            case ast.Name(id=name):
                return self.holes[int(name[1:])] if _is_hole(text) else Part(Words(name), 0)
            case ast.Constant(value=value):
                return Part(constant(value), 0)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.value(operand)
                return Part(operation("neg", (inner.box,), ""), inner.rank)
            case ast.BinOp(op=ast.MatMult()):
                return self.matrices.product(self.value(text.left), self.value(text.right))
            case ast.BinOp() if type(text.op) in OPERATORS:
                a, b = self.value(text.left), self.value(text.right)
                box = operation(OPERATORS[type(text.op)], (a.box, b.box), "")
                return Part(box, max(a.rank, b.rank))
            case ast.Attribute():
                return self._attribute(text)
            case ast.Subscript():
                return self._subscript(text)
            case ast.Tuple() | ast.List():
                before, after = "()" if isinstance(text, ast.Tuple) else "[]"
                parts = [self.value(item) for item in text.elts]
                return Part(Fence(before, Row(tuple(p.box for p in parts)), after), 1)
            case ast.Call():
                return self._call(text)
            case ast.Compare(left=a, ops=[sign], comparators=[b]) if type(sign) in SIGNS:
                left, right = self.value(a), self.value(b)
                box = Relation((closed(left.box), closed(right.box)), (SIGNS[type(sign)],))
                return Part(box, max(left.rank, right.rank))
            case ast.IfExp(test=test, body=then, orelse=orelse):
                boxes = (self.value(part).box for part in (test, then, orelse))
                return Part(cases(*boxes), 0)
            case _:
                # What no formula says better, with the values that it is made of.
                inside = [n for n in ast.walk(text) if _is_hole(n)]
                if not inside:
                    return Part(Words(ast.unparse(text)), 0)
                parts = [self.value(hole) for hole in inside]
                return Part(Apply("value", tuple(p.box for p in parts)), parts[0].rank)

    def _attribute(self, text: ast.Attribute) -> Part:
        if _is_module(text.value):
            return Part(Words(text.attr), 0)
        base = self.value(text.value)
        if text.attr == "mT" or (text.attr == "T" and base.rank < 3):
            return self._turned(base)
        if text.attr == "T":
            return Part(Apply("transpose", (base.box,)), base.rank)
        match base.box:
            case Apply("slogdet", matrix):
                return Part(_of_determinant(matrix, logarithm=text.attr == "logabsdet"), 0)
        return Part(Apply(text.attr, (base.box,)), 0)

    def _turned(self, part: Part) -> Part:
        return part if part.rank < 2 else Part(self.matrices.transposed(part.box), part.rank)

    def _subscript(self, text: ast.Subscript) -> Part:
        if isinstance(text.value, ast.Attribute) and text.value.attr == "shape":
            of = self.value(text.value.value)
            axes = self._axes(text.slice, of.rank)
            if axes:
                below = None if axes[0] == self._axis(0) else axes[0]
                return Part(Apply("len", (of.box,), below=below), 0)
        base = self.value(text.value)
        match base.box, text.slice:
            case Apply("slogdet", matrix), ast.Constant(value=k):
                return Part(_of_determinant(matrix, logarithm=bool(k)), 0)
        new = ast.unparse(text.slice)
        if base.rank == 1 and new in {"(:, None)", "(..., None)", ":, None", "..., None"}:
            return Part(self.matrices.outer(base.box, ONES), 2)
        if base.rank == 1 and new in {"None", "(None, :)", "None, :"}:
            return Part(base.box, 2)
        return Part(_below(base.box, self.entries(text)), base.rank)

    def entries(self, text: ast.expr) -> Box:
        """What stands in the brackets."""
        assert isinstance(text, ast.Subscript)
        inner = text.slice
        items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        found = tuple(self._entry(item) for item in items)
        return found[0] if len(found) == 1 else Row(found)

    def _entry(self, item: ast.expr) -> Box:
        if isinstance(item, ast.Slice):
            bounds = (item.lower, item.upper, *([item.step] if item.step else []))
            return Range(tuple(None if b is None else self.value(b).box for b in bounds))
        if isinstance(item, ast.Constant) and item.value in {None, ...}:
            return Words("new" if item.value is None else "...")
        return self.value(item).box

    def _axis(self, axis: int) -> Box:
        """The letter that runs along an axis."""
        letters = self.matrices.letters
        return letters[axis] if axis < len(letters) else Digits(str(axis))

    # Functions

    def _call(self, text: ast.Call) -> Part:
        func, args = text.func, list(text.args)
        name = _name(func)
        if isinstance(func, ast.Attribute) and not _is_module(func.value):
            if isinstance(func.value, ast.Name) and not _is_hole(func.value):
                name = f"{func.value.id}.{func.attr}"  # `logaddexp.reduce`
            else:
                args.insert(0, func.value)
        named = {k.arg: k.value for k in text.keywords if k.arg is not None}
        form = FORMS.get(name)
        if args and form is not None:
            found = form(self, args, named)
            if found is not None:
                return found
        return self._function(name, args, named)

    def _function(self, name: str, args: Sequence[ast.expr], named: Mapping[str, ast.expr]) -> Part:
        """What has no form of its own; the letters of axes stand below its name."""
        parts = [self.value(arg) for arg in args]
        rank = parts[0].rank if parts else 0
        below: Box | None = None
        boxes = [part.box for part in parts]
        for key, expression in named.items():
            axes = self._axes(expression, rank) if key == "axis" else None
            if axes:
                below = axes[0] if len(axes) == 1 else Row(axes)
            elif key not in {"axis", "keepdims", "dtype"}:
                boxes.append(Relation((Words(key), self.value(expression).box), ("=",)))
        return Part(Apply(name, tuple(boxes), below=below), rank)

    def _axes(self, text: ast.expr | None, rank: int) -> tuple[Box, ...] | None:
        """The letters of the axes that `axis` means, nothing for all; None where it is unknown."""
        try:
            axis = None if text is None else ast.literal_eval(text)
        except ValueError:
            return None
        if axis is None:
            return ()
        several = axis if isinstance(axis, tuple | list) else (axis,)
        return tuple(self._axis(i % max(rank, 1)) for i in several)

    def big(self, sign: str, args: list[ast.expr], named: Mapping[str, ast.expr]) -> Part | None:
        """A sum or product over axes."""
        part = self.value(args[0])
        axes = self._axes(named.get("axis", args[1] if len(args) > 1 else None), part.rank)
        if axes is None or len(args) > 2:
            return None
        node = part.node
        square = isinstance(node, Call) and node.op == "pow" and node not in self.matrices.named
        if sign == "∑" and not axes and part.rank and square:
            base, exponent = node.operands  # type: ignore[union-attr] # a call
            if isinstance(exponent, Const) and exponent.value == 2:
                return Part(Power(norm(self.matrices.done[base], part.rank), TWO), 0)
        match part:
            case Part(Apply("diag", matrix), 1) if sign == "∑" and not axes:
                return Part(Apply("tr", matrix), 0)
        return Part(Big(sign, factor(part.box), axes), part.rank - len(axes) if axes else 0)


Form = Callable[[Text, list[ast.expr], Mapping[str, ast.expr]], Part | None]


def norm(box: Box, rank: int = 1, below: Box | None = None) -> Box:
    """Of a vector, or Frobenius' of a matrix."""
    fence = Fence("‖", box, "‖")
    if below is None and rank > 1:
        below = Name(Symbol("F"))
    return fence if below is None else Below(fence, below)


# What has a form


def _unary(make: Callable[[Matrices, Part], Box | None]) -> Form:
    """A function of one array and nothing else."""

    def form(text: Text, args: list[ast.expr], named: Mapping[str, ast.expr]) -> Part | None:
        if len(args) > 1 or named:
            return None
        part = text.value(args[0])
        box = make(text.matrices, part)
        return None if box is None else Part(box, part.rank)

    return form


def _binary(make: Callable[[Matrices, Part, Part], Part | None]) -> Form:
    def form(text: Text, args: list[ast.expr], named: Mapping[str, ast.expr]) -> Part | None:
        if len(args) != 2 or named:
            return None
        return make(text.matrices, text.value(args[0]), text.value(args[1]))

    return form


def _transpose(text: Text, args: list[ast.expr], named: Mapping[str, ast.expr]) -> Part | None:
    part = text.value(args[0])
    found = ", ".join(ast.unparse(arg).strip("()") for arg in (*args[1:], *named.values()))
    axes = [int(axis) % part.rank for axis in found.split(", ")] if DIGITS.fullmatch(found) else []
    order = list(range(part.rank))
    if part.rank < 2 or axes == order:
        return part
    exchanged = [*order[:-2], *reversed(order[-2:])]
    if axes != exchanged and (axes or part.rank > 2 or found not in {"", "None"}):
        return None
    return Part(text.matrices.transposed(part.box), part.rank)


def _norm(text: Text, args: list[ast.expr], named: Mapping[str, ast.expr]) -> Part | None:
    part = text.value(args[0])
    order = named.get("ord", args[1] if len(args) > 1 else None)
    if named.keys() - {"ord"} or len(args) > 2:
        return None
    if order is None or ast.unparse(order) in {"None", "'fro'"}:
        return Part(norm(part.box, part.rank), 0)
    known = ast.unparse(order).removeprefix("np.")
    below = Name(Symbol("∞")) if known == "inf" else text.value(order).box
    return Part(norm(part.box, part.rank, below), 0)


def _dot(m: Matrices, a: Part, b: Part) -> Part | None:
    if a.rank and b.rank:
        return m.product(a, b) if b.rank <= 2 else None
    return None


def _vdot(m: Matrices, a: Part, b: Part) -> Part | None:
    if a.rank == b.rank == 1:
        return m.product(a, b)
    if a.rank == b.rank == 2:
        if a.node is not None and a.node is b.node:
            return Part(Power(norm(a.box, 2), TWO), 0)
        return Part(Apply("tr", (Chain((m.transposed(a.box), *_linked(b.box))),)), 0)
    return None


def _inner(m: Matrices, a: Part, b: Part) -> Part | None:
    if a.rank == 2 and b.rank in {1, 2}:
        return m.product(a, Part(m.transposed(b.box), 2) if b.rank == 2 else b)
    return m.product(a, b) if a.rank == b.rank == 1 else None


def _solve(text: Text, args: list[ast.expr], named: Mapping[str, ast.expr]) -> Part | None:
    if len(args) != 2 or named.keys() - {"lower", "trans", "assume_a"}:
        return None
    matrix, b = (text.value(arg) for arg in args)
    inverse = _inverse(text.matrices, matrix)
    trans = named.get("trans")
    if trans is not None and ast.unparse(trans) in {"1", "2", "'T'", "'C'"}:
        inverse = text.matrices.transposed(inverse)
    return text.matrices.product(Part(inverse, 2), Part(b.box, max(b.rank, 1)))


def _inverse(m: Matrices, part: Part) -> Box:
    match part.box:
        case Power(base, exponent) if exponent == m.transposition:
            return Power(base, m.of_inverse)
        case _:
            return Power(_base(part.box), INVERSE)


def _broadcast(text: Text, args: list[ast.expr], named: Mapping[str, ast.expr]) -> Part | None:
    """A value repeated to a shape."""
    part = text.value(args[0])
    shape = args[1] if len(args) > 1 else None
    known = len(shape.elts) if isinstance(shape, ast.Tuple) else None
    if isinstance(shape, ast.Attribute) and shape.attr == "shape":
        known = text.value(shape.value).rank
    if part.rank == 0 and not named:
        return Part(product(part.box, ONES) if part.box != ONE else ONES, known or 0)
    if part.rank == 1 and known == 2:
        return Part(text.matrices.outer(ONES, part.box), 2)
    if part.rank == 1 and known == 1:
        return part
    return None


def _logsumexp(text: Text, args: list[ast.expr], named: Mapping[str, ast.expr]) -> Part | None:
    if len(args) > 1 or named.keys() - {"axis", "keepdims"}:
        return None
    part = text.value(args[0])
    axes = text._axes(named.get("axis"), part.rank)  # noqa: SLF001 - a part of it
    inner = Big("∑", Apply("exp", (part.box,)), axes or ())
    return Part(Apply("log", (inner,)), part.rank - len(axes or ()))


def _square(text: Text, args: list[ast.expr], _: Mapping[str, ast.expr]) -> Part | None:
    """The identity matrix."""
    return Part(Name(Symbol("I")), 2) if text.matrices.identity and len(args) == 1 else None


def _cross(a: Box, b: Box) -> Box:
    # Of three vectors it matters which two are multiplied first.
    return Chain((_within(a), _within(b)), CROSS)


def _where(text: Text, args: list[ast.expr], named: Mapping[str, ast.expr]) -> Part | None:
    if len(args) != 3 or named:
        return None
    condition, then, orelse = (text.value(arg) for arg in args)
    rank = max(condition.rank, then.rank, orelse.rank)
    return Part(cases(condition.box, then.box, orelse.box), rank)


def _like(box: Box) -> Form:
    """An array of one number."""
    return lambda text, args, named: Part(box, text.value(args[0]).rank)


FORMS: dict[str, Form] = {
    "sum": lambda text, args, named: text.big("∑", args, named),
    "prod": lambda text, args, named: text.big("∏", args, named),
    "matmul": _binary(lambda m, a, b: m.product(a, b)),
    "dot": _binary(_dot),
    "vdot": _binary(_vdot),
    "inner": _binary(_inner),
    "outer": _binary(
        lambda m, a, b: Part(m.outer(a.box, b.box), 2) if a.rank == b.rank == 1 else None
    ),
    "kron": _binary(lambda m, a, b: Part(_signed(KRONECKER, a.box, b.box), max(a.rank, b.rank))),
    "cross": _binary(lambda m, a, b: Part(_cross(a.box, b.box), max(a.rank, b.rank))),
    "where": _where,
    "transpose": _transpose,
    "matrix_transpose": _unary(lambda m, a: m.transposed(a.box)),
    "permute_dims": _transpose,
    "inv": _unary(_inverse),
    "solve": _solve,
    "solve_triangular": _solve,
    "norm": _norm,
    "diagonal": _unary(lambda m, a: Apply("diag", (a.box,)) if a.rank == 2 else None),
    "trace": _unary(lambda m, a: Apply("tr", (a.box,))),
    "cholesky": _unary(lambda m, a: Apply("chol", (a.box,))),
    "matrix_power": _binary(lambda m, a, b: Part(Power(_base(a.box), b.box), a.rank)),
    "logsumexp": _logsumexp,
    "eye": _square,
    "identity": _square,
    "ones": _like(ONES),
    "ones_like": _like(ONES),
    "zeros": _like(ZEROS),
    "zeros_like": _like(ZEROS),
    "broadcast_to": _broadcast,
    "copy": _unary(lambda m, a: a.box),
    "asarray": _unary(lambda m, a: a.box),
}


# Boxes


def _times(parts: Sequence[Part]) -> Box:
    boxes = [part.box for part in parts]
    return boxes[0] if len(boxes) == 1 else _signed(HADAMARD, *boxes)


def _signed(sign: str, *boxes: Box) -> Box:
    """A product with a sign of its own."""
    parts: list[Box] = []
    for box in boxes:
        if isinstance(box, Chain) and box.sign == sign:
            parts += box.parts
        else:
            parts.append(_within(box))
    return Chain(tuple(parts), sign)


def _linked(box: Box) -> tuple[Box, ...]:
    """The factors of a matrix product."""
    if isinstance(box, Chain) and not box.sign:
        return box.parts
    return (_within(box),)


def _of_determinant(matrix: tuple[Box, ...], *, logarithm: bool) -> Box:
    """What `slogdet` gives: the sign, and the logarithm of the size."""
    det = Apply("det", matrix)
    return Apply("log", (Fence("|", det, "|"),)) if logarithm else Apply("sgn", (det,))


def _number(box: Box) -> tuple[tuple[Box, ...], Box]:
    """A number in front of an array, and the array."""
    match box:
        case Factors(False, (Digits() as number, array), (), False):
            return (number,), array
        case _:
            return (), box


def _scaled(numbers: tuple[Box, ...], box: Box) -> Box:
    if not numbers:
        return box
    front = functools.reduce(product, numbers)
    return Factors(negative=False, top=(front, box))


def _within(box: Box) -> Box:
    """A box as a factor of a product that keeps their order."""
    if isinstance(box, Chain | Big):
        return enclosed(box)
    if isinstance(box, Factors) and (box.negative or not box.bottom or box.slash):
        return enclosed(box)
    return factor(box)


def _base(box: Box) -> Box:
    """What has something above or below it."""
    return box if isinstance(box, Name | Fence | Below) else enclosed(closed(box))


def _below(box: Box, below: Box) -> Box:
    """With something below it; what has that already is enclosed."""
    plain = isinstance(box, Fence) or (isinstance(box, Name) and not box.symbol.below)
    return Below(box if plain else enclosed(closed(box)), below)


def array_power(base: Box, exponent: Box, rank: int) -> Box:
    """`base ** exponent` by elements: that of a matrix has another sign than its power."""
    found = power(base, exponent)
    if rank < 2 or not isinstance(found, Power) or not isinstance(exponent, Digits):
        return found
    return Power(found.base, Chain((RING, exponent)))


# Texts


@functools.cache
def _parsed(text: str) -> ast.expr:
    return ast.parse(HOLE.sub(r"_\1", text), mode="eval").body


def _is_hole(text: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(text, ast.Name) and text.id[:1] == "_" and text.id[1:].isdigit()


def _is_module(text: ast.expr) -> bool:
    while isinstance(text, ast.Attribute):
        text = text.value
    return isinstance(text, ast.Name) and text.id in MODULES


def _name(text: ast.expr) -> str:
    return text.attr if isinstance(text, ast.Attribute) else ast.unparse(text)
