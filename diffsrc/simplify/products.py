"""Products as they are written: factors in order, over one denominator, in the range of floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from diffsrc.ir import (
    COMPLEX,
    Call,
    Const,
    Exact,
    Node,
    Prod,
    Program,
    Ref,
    Sum,
    Var,
    as_fraction,
    magnitude,
    walk,
)
from diffsrc.ir.arrays import view
from diffsrc.ir.shapes import is_unit as is_unit_axis
from diffsrc.ir.shapes import sizes_alike
from diffsrc.ir.signs import nonnegative
from diffsrc.simplify.calls import spelling
from diffsrc.simplify.cover import Reach
from diffsrc.simplify.factor import is_select
from diffsrc.simplify.lengths import is_grown, is_hypot, is_part, leaves_range, sides_of
from diffsrc.simplify.literals import as_float, by_rest, fraction, is_decimal, literal
from diffsrc.simplify.monomials import HALF, Powers, monomial_of
from diffsrc.simplify.normalise import Normaliser
from diffsrc.simplify.ranks import Ranks
from diffsrc.simplify.written import joined_roots, negated

MAX_LOOKED_AT = 100

# Normal values, and written ones among them.
Factors = list[tuple[Node, Exact]]


class Style(NamedTuple):
    """What of a program decides how its products are written.

    Attributes:
        constants: names from outside, which stand first.
        literals: the user's floats, as `fraction` wants them.
        chooses: whether arms are computed that are not chosen: a base may be out of its domain.
    """

    constants: AbstractSet[Node]
    literals: Mapping[int, list[Exact]]
    chooses: bool


def style_of(program: Program, normal: Normaliser, ranks: Ranks) -> Style:
    """The style of a program whose values `normal` has read."""
    floats = (
        as_fraction(n.value)
        for n in normal.forms
        if isinstance(n, Const) and type(n.value) is float and 0 < n.value < math.inf
    )
    return Style(
        constants={free.var for free in program.free},
        literals=by_rest(floats),
        chooses=ranks.arrays and any(map(is_select, program.graph.table.values())),
    )


class Products:
    """Writes products where `reach` is in reach; `write` gives factors as they are written."""

    def __init__(self, style: Style, reach: Reach, write: Callable[[Node], Node]) -> None:
        self.style = style
        self.reach = reach
        self.named = reach.named
        self.normal = reach.normal
        self.graph = reach.graph
        self.ranks = reach.ranks
        self.write = write

    def __call__(self, coefficient: Exact, powers: Powers) -> Node:
        """The product, written."""
        if self.graph.ranked:
            powers = self._with_means(powers)
        negative = coefficient.numerator < 0
        above = [(b, e) for b, e in powers.items() if e.numerator > 0]
        below = [(b, -e) for b, e in powers.items() if e.numerator < 0]
        top, bottom = fraction(magnitude(coefficient), self.style.literals)
        above, below, again = self._in_range(above, below)
        numbers, above = self._apart(above)
        if above and self.graph.ranked and not again:
            front, above, below, bottom = self._smaller_first(
                top, bottom, numbers, above, below, negative=negative
            )
            numerator = self._times(1, above, front=front, negative=negative and front is None)
        elif above and (numbers or top != 1) and self.ranks.differ:
            # What is no array first: an array is gone through for each factor.
            divisors, below = self._apart(below)
            front = self._quotient(self._times(top, numbers), bottom, divisors)
            front = negated(front, self.named) if negative else front
            numerator = self._times(1, above, front=front)
            bottom = 1
        else:
            numerator = self._times(top, [*numbers, *above], negative=negative)
        for base in again:
            numerator = self.graph.call("div", numerator, self.write(base))
        return self._quotient(numerator, bottom, below)

    @cached_property
    def size_class(self) -> Callable[[Node], Node]:
        """Gives for each length of an axis one that stands for all that are as long."""
        return sizes_alike(self.graph)

    def _with_means(self, powers: Powers) -> Powers:
        """`x.mean(axis=0)` for a sum over axes and their lengths below it."""
        from diffsrc.simplify.arrays import mean_of_sum, summed_axes  # only for who has arrays

        for base in [b for b, e in powers.items() if e == 1]:
            axes = summed_axes(base)
            if not axes or self.reach.parents[base] > 1:
                continue
            below = [b for b, e in powers.items() for _ in range(-int(e))]
            alike = {self.size_class(size): size for size in reversed(below)}
            sizes = [alike.get(self.size_class(size)) for size in axes]
            mean = mean_of_sum(self.write(base))
            if mean is None or any(
                size is None or below.count(size) < sizes.count(size) for size in sizes
            ):
                continue
            rest = {b: e + sizes.count(b) for b, e in powers.items() if b is not base}
            return {mean: 1, **{b: e for b, e in rest.items() if e}}
        return powers

    def _smaller_first(  # noqa: PLR0913 - what a product is made of
        self,
        top: Exact,
        bottom: Exact,
        numbers: Factors,
        above: Factors,
        below: Factors,
        *,
        negative: bool,
    ) -> tuple[Node | None, Factors, Factors, Exact]:
        """`2 * column / other_column * x`: each factor of a large array is a pass through it.

        Returns:
            The product of the smaller factors, if it is worth it, and what is left above, below,
            and of the number below.
        """
        front: Node | None = None
        if numbers or top != 1:
            divisors, below = self._apart(below)
            front = self._quotient(self._times(top, numbers), bottom, divisors)
            front, bottom = negated(front, self.named) if negative else front, 1
        for shape in self._smaller(above, below):
            tops = [x for x in above if long_axes(x[0]) == shape]
            divisors = [x for x in below if long_axes(x[0]) == shape]
            if front is None:
                single, others = self._apart(below)
                several = len(tops) + len(divisors) + len(single) + (bottom != 1) > 1
                if not (tops and several):
                    continue
                front = self._times(1, tops, negative=negative)
                below, divisors = others, [*single, *divisors]
            else:
                front = self._times(1, tops, front=front)
            front, bottom = self._quotient(front, bottom, divisors), 1
            above = [x for x in above if x not in tops]
            below = [x for x in below if x not in divisors]
        return front, above, below, bottom

    def _smaller(self, above: Factors, below: Factors) -> list[frozenset[int]]:
        """Along which axes factors are long that are no numbers, where others are longer."""
        shapes = dict.fromkeys(long_axes(base) for base, _ in (*above, *below))
        return sorted((s for s in shapes if s and any(s < other for other in shapes)), key=len)

    def _apart(self, powers: Factors) -> tuple[Factors, Factors]:
        """The powers of single numbers, where there are others too, and these."""
        numbers = [(b, e) for b, e in powers if self.ranks.is_likely_single(b)]
        return numbers, [x for x in powers if x not in numbers] if numbers else powers

    def _quotient(self, numerator: Node, bottom: Exact, below: Factors) -> Node:
        if not below and bottom == 1:
            return numerator
        return self.graph.call("div", numerator, self._times(bottom, below))

    def _in_range(self, above: Factors, below: Factors) -> tuple[Factors, Factors, list[Node]]:
        """`y / r / r * (y / r)` for `y**2 / r**3`, `r = hypot(x, y)`, whose powers leave the range.

        So do those of complex exponentials: `e / (1 + e) / (1 + e)` for `e / (1 + e)**2`.

        Returns:
            What is multiplied, what is divided by at once, and what by one after the other.
        """
        again: list[Node] = []
        if len(above) + len(below) > 2 or any(e > 1 for _, e in above):
            above, below = self._with_sides(above, below)
        for base, exponent in below:
            whole = exponent.denominator == 1 and exponent > 1 and not base.type.axes
            if not (whole and leaves_range(base)):
                continue
            below = [x for x in below if x[0] is not base]
            if is_hypot(base):
                sides = {b for a in base.args for b in monomial_of(a)[1]}
            else:
                sides = {b for b, _ in above if is_grown(b)}
            small = [b for b, e in above if b in sides for _ in range(int(e))][: int(exponent)]
            for b in small:
                above = [(a, e - (a is b)) for a, e in above]
            quotients = [self.write(b) for b in small]
            for i in range(int(exponent)):
                if quotients:
                    at = i % len(quotients)
                    quotients[at] = self.graph.call("div", quotients[at], self.write(base))
                else:
                    again.append(base)
            above = [x for x in above if x[1]]
            above += [(q, quotients.count(q)) for q in dict.fromkeys(quotients)]
        return above, below, again

    def _with_sides(self, above: Factors, below: Factors) -> tuple[Factors, Factors]:
        """`s * (x / r)` for `s * x / r`, where `r = hypot(x, y)`: `x / r` is at most 1.

        The product of `s` and `x` may leave the range where the quotient does not.
        """
        for base, exponent in below:
            if exponent != 1:
                continue
            sides = [self._taken(above, monomial_of(side)[1]) for side in sides_of(base)]
            parts: Factors = [(b, 1) for b, e in above if e == 1 and is_part(b, base)]
            for taken in [*sides, parts[:1]]:
                if not taken or (len(below) == 1 and taken == above):
                    continue
                quotient = self.graph.call("div", self._times(1, taken), self.write(base))
                powers = dict(above)
                for factor, count in taken:
                    powers[factor] -= count
                powers[quotient] = 1
                above = [(b, e) for b, e in powers.items() if e]
                below = [(b, e) for b, e in below if b is not base]
                break
        return above, below

    def _taken(self, factors: Factors, powers: Powers) -> Factors:
        """Those of the factors, and values of the user's, whose product has these powers."""
        left, taken = dict(powers), []
        inside = {b: monomial_of(self.normal.forms.get(b, b))[1] for b, _ in factors}
        for base, exponent in sorted(factors, key=lambda item: -len(inside[item[0]])):
            inner = inside[base]
            count: Exact = exponent
            for b, e in inner.items():
                count = min(count, left.get(b, 0) // e) if e > 0 else 0
            if count > 0:
                left = {b: e - count * inner.get(b, 0) for b, e in left.items()}
                taken.append((base, count))
        return [] if any(left.values()) else taken

    def _times(
        self,
        coefficient: Exact,
        powers: Factors,
        *,
        negative: bool = False,
        front: Node | None = None,
    ) -> Node:
        if len(powers) > 1:
            powers = joined_roots(self.graph, powers)
            powers = sorted(powers, key=lambda item: self._rank(item[0]))
        unit = self.graph.unit
        if unit is not None and (unit, 1) in powers and is_decimal(coefficient):
            # `2j * z` for twice the imaginary unit times `z`.
            first = self.graph.const(as_float(coefficient) * 1j)
            powers = [(first, 1), *(power for power in powers if power[0] is not unit)]
            coefficient = 1
        parts = [self._power(base, exponent) for base, exponent in powers]
        if front is not None:
            parts.insert(0, front)
        elif coefficient != 1 or not parts:
            parts.insert(0, literal(self.graph, -coefficient if negative else coefficient))
        elif negative and parts[0].type.kind == "bool":
            # NumPy has no minus for truth values.
            parts.insert(0, literal(self.graph, -1))
        elif negative:
            parts[:1] = self._negative(parts[0])
        total = parts[0]
        for part in parts[1:]:
            total = self.graph.call("mul", total, part)
        return total

    def _negative(self, first: Node) -> list[Node]:
        """The first factor with a minus: `-x * x` for `-(x**2)`."""
        match first:
            case Call(op="pow", args=(base, Const(value=2))):
                if isinstance(base, Var) or base in self.named:
                    return [self.graph.call("neg", base), base]
        return [self.graph.call("neg", first)]

    def _rank(self, base: Node) -> tuple[int, int]:
        owner = base.args[0] if isinstance(base, Call) and base.op == "attribute" else base
        if owner in self.style.constants:
            return -1, base.serial
        if base in self.named or (isinstance(base, Var | Ref | Prod) and not self._is_here(base)):
            return 0, base.serial
        if isinstance(base, Sum):
            # Of arrays, it takes most memory while it is computed: before others take some.
            return (1 if self.graph.ranked else 3), base.serial
        return 2, base.serial

    def _is_here(self, base: Node) -> bool:
        """Whether an array that is kept whole has no name: it is computed where it stands."""
        own = isinstance(base, Ref) and self.graph.ranked and base.value not in self.named
        return own and self.reach.uses.get(base, 0) < 2

    def _power(self, base: Node, exponent: Exact) -> Node:
        if exponent == HALF and isinstance(base, Call) and base.op == "view":
            from diffsrc.simplify.arrays import ranked  # nobody needs it who has no arrays

            # Of a root that is there, not a root of another view of what it is taken of.
            root_there = self.write(base.args[0] ** HALF)
            whole = self.graph.ref(ranked(root_there, len(base.args[0].type.axes)))
            return self.write(view(whole, base.params))
        written = self.write(base)
        if exponent == 1:
            return written
        if exponent == HALF:
            spelled = spelling("sqrt", self.ranks.library, is_complex=base.type is COMPLEX)
            return self.graph.call("sqrt", written, options=(spelled,))
        root = exponent.denominator > 1
        options = ("np.power",) if root and self._may_be_complex(base, written) else ()
        return self.graph.call("pow", written, literal(self.graph, exponent), options=options)

    def _may_be_complex(self, base: Node, written: Node) -> bool:
        """Whether a root may be of a number of Python's below 0: not nan, as NumPy's is."""
        if nonnegative(base) or not self.style.chooses:
            return False
        return not any(map(_is_numpy, islice(walk((written,)), MAX_LOOKED_AT)))


def long_axes(node: Node) -> frozenset[int]:
    """The axes that have more than one item, counted from the last."""
    return frozenset(i for i, size in enumerate(reversed(node.type.axes)) if not is_unit_axis(size))


def _is_numpy(node: Node) -> bool:
    """Whether a written value is a call of NumPy's, which gives numbers of NumPy's."""
    return isinstance(node, Call) and str((*node.options, "")[0]).startswith("np.")
