"""Products as one writes them after a value has been put in for its name.

`2 * (x * y) * y` becomes `2 * x * y**2`, and `a / b / c` becomes `a / (b * c)`. A
formula is read and not computed: that the last bit of a float may change does not
matter here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeGuard

from diffsrc.emit.fold import fold
from diffsrc.ir import Call, Const, Graph, Node, as_fraction

MAX_FACTORS = 12
MAX_DIGITS = 8
MAX_EXPONENT = 64

Factor = tuple[Node, Fraction]


@dataclass(frozen=True, slots=True)
class Parts:
    """A product as factors with positive exponents above and below the line."""

    negative: bool
    top: tuple[Factor, ...]
    bottom: tuple[Factor, ...] = ()


class Products:
    """Rewrites the products in formulas; `atoms` have names and stay whole."""

    def __init__(self, graph: Graph, atoms: Iterable[Node]) -> None:
        self.graph = graph
        self.atoms = frozenset(atoms)
        self.done: dict[Node, Node] = {atom: atom for atom in self.atoms}
        self.parts: dict[Node, Parts] = {}
        self.origin: dict[Factor, Node] = {}

    def __call__(self, node: Node) -> Node:
        return fold(node, self.done, self._form)

    def inside(self, node: Node) -> Node:
        """What an atom stands for."""
        for child in node.operands:
            self(child)
        return self._form(node)

    def _form(self, node: Node) -> Node:
        if not isinstance(node, Call):
            return node
        args = tuple(self.done[arg] for arg in node.args)
        match node.op:
            case "mul":
                return self._product(node.op, args, self._of(args[0]), self._of(args[1]))
            case "div":
                below = self._of(args[1])
                turned = Parts(below.negative, below.bottom, below.top)
                return self._product(node.op, args, self._of(args[0]), turned)
            case "neg":
                return self._product(node.op, args, Parts(negative=True, top=()), self._of(args[0]))
            case "add" | "sub" if self._of(args[1]).negative:
                parts = self._of(args[1])
                opposite = self._built(Parts(not parts.negative, parts.top, parts.bottom))
                return self.graph.call("sub" if node.op == "add" else "add", args[0], opposite)
        return self.graph.again(node, args)

    def _of(self, node: Node) -> Parts:
        if node in self.atoms:
            return Parts(negative=False, top=((node, Fraction(1)),))
        if node in self.parts:
            return self.parts[node]
        if isinstance(node, Const) and _is_number(node.value):
            negative = node.value < 0
            value = self.graph.const(-node.value) if negative else node
            return Parts(negative, ((value, Fraction(1)),))
        factor = _power(node)
        self.origin.setdefault(factor, node)
        return Parts(negative=False, top=(factor,))

    def _product(self, op: str, args: tuple[Node, ...], a: Parts, b: Parts) -> Node:
        top, bottom = self._merged(a.top + b.top), self._merged(a.bottom + b.bottom)
        if len(top) + len(bottom) > MAX_FACTORS:
            return self.graph.call(op, *args)
        return self._built(Parts(a.negative != b.negative, top, bottom))

    def _merged(self, factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
        """Equal bases as one power; numbers as one number, in front."""
        numbers: list[Node] = []
        powers: dict[Node, Fraction] = {}
        for base, exponent in factors:
            if isinstance(base, Const) and exponent == 1:
                numbers.append(base)
            else:
                powers[base] = powers.get(base, Fraction(0)) + exponent
        numbers = self._one_number(numbers)
        return tuple((n, Fraction(1)) for n in numbers) + tuple(powers.items())

    def _one_number(self, numbers: list[Node]) -> list[Node]:
        value = Fraction(1)
        for node in numbers:
            assert isinstance(node, Const)
            if not _is_number(node.value) or repr(node.value) in {"inf", "nan"}:
                return numbers
            value *= as_fraction(node.value)
        if value == 1:
            return []
        number = value.numerator if value.denominator == 1 else float(value)
        if len(numbers) > 1 and (len(repr(number)) > MAX_DIGITS or as_fraction(number) != value):
            return numbers
        return [self.graph.const(number)] if len(numbers) > 1 else numbers

    def _built(self, parts: Parts) -> Node:
        top = self._times(parts.top, negative=parts.negative)
        bottom = self._times(parts.bottom) if parts.bottom else None
        node = top if bottom is None else self.graph.call("div", top, bottom)
        self.parts[node] = parts
        return node

    def _times(self, factors: tuple[Factor, ...], *, negative: bool = False) -> Node:
        """The product; a minus goes to its first factor."""
        first = self._written(factors[0]) if factors else self.graph.const(1)
        if negative:
            number = isinstance(first, Const) and _is_number(first.value)
            first = self._opposite(first) if number else self.graph.call("neg", first)
        for factor in factors[1:]:
            first = self.graph.call("mul", first, self._written(factor))
        return first

    def _opposite(self, number: Node) -> Node:
        assert isinstance(number, Const)
        assert _is_number(number.value)
        return self.graph.const(-number.value)

    def _written(self, factor: Factor) -> Node:
        base, exponent = factor
        if exponent == 1 or factor in self.origin:
            return self.origin.get(factor, base)
        whole = exponent.denominator == 1
        return self.graph.call(
            "pow", base, self.graph.const(int(exponent) if whole else float(exponent))
        )


def _power(node: Node) -> Factor:
    """A factor as base and exponent, as one may read them for real numbers."""
    if not isinstance(node, Call) or node.op not in {"pow", "sqrt"}:
        return node, Fraction(1)
    base = node.args[0]
    if node.op == "sqrt":
        return base, Fraction(1, 2)
    exponent = node.args[1].value if isinstance(node.args[1], Const) else None
    if isinstance(base, Const) or not _is_number(exponent) or not 0 < exponent < MAX_EXPONENT:
        return node, Fraction(1)
    if isinstance(exponent, int):
        inner, power = _power(base)
        return inner, power * exponent
    half = (2 * exponent).is_integer()
    return (base, Fraction(exponent)) if half else (node, Fraction(1))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
