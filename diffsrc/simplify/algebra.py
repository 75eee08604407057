"""Proof and rewriting by SymPy, imported only where a cheap sign says that it may find something.

A node becomes a rational function: logarithms, roots, exponentials and angles are replaced by
symbols such that what relates them becomes algebra (`S` is `K exp(L)` where `L` is `log(S /
K)`; the cosine and sine of one angle are rational in the tangent of its half). `cancel` then
decides.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from typing import Any

from diffsrc.ir import (
    COMPLEX,
    Call,
    Exact,
    Graph,
    Node,
    Number,
    Prod,
    Ref,
    Sum,
    reachable,
)
from diffsrc.simplify.monomials import Powers, monomial_of

MAX_NODES = 80
MAX_TREE = 1_000  # as SymPy goes through shared parts again and again
MAX_OPERATIONS = 150
MAX_SYMBOLS = 8
MAX_TURNED = 12
MAX_FACTORED = 8  # of 10 terms one of some hundred factorings never ends
MAX_DEGREE = 8
MAX_ROOT = 4  # to SymPy x**3.045 is the power 609 of a root
MAX_TERMS = 200

# SymPy has no type information worth the name.
Expr = Any


class TooLarge(Exception):
    """The expression is beyond the work that a proof may take."""


class Converter:
    """Turns normal nodes into SymPy expressions; `opaque` nodes become symbols."""

    def __init__(self, normal: Callable[[Node], Node], *, unfold: bool) -> None:
        import sympy

        self.sympy = sympy
        self.normal = normal
        self.unfold = unfold
        self.symbols: dict[Node, Expr] = {}
        self.done: dict[Node, Expr] = {}
        self.sizes: dict[Node, int] = {}

    def symbol(self, node: Node) -> Expr:
        if node not in self.symbols:
            self.symbols[node] = self.sympy.Symbol(f"v{len(self.symbols)}", real=True)
        return self.symbols[node]

    def __call__(self, node: Node) -> Expr:
        if len(self.done) > MAX_NODES or is_large(node, known=self.done.keys()):
            raise TooLarge
        for below in reachable((node,), arms=False, stop=self.done.keys()):
            if below not in self.done:
                self.done[below] = self._convert(below)
                self.sizes[below] = self._size(below)
        return self.done[node]

    def _size(self, node: Node) -> int:
        """How many nodes there are with all parts written out."""
        below: Sequence[Node] = node.operands
        if self.unfold and isinstance(node, Ref):
            below = _inside(node)
            if not below and isinstance(node.value, Call):
                below = [self.normal(arg) for arg in node.value.args]
        size = 1 + sum([self.sizes.get(part, 1) for part in below])
        if size > MAX_TREE:
            raise TooLarge
        return size

    def rational(self, value: Exact) -> Expr:
        return self.sympy.Rational(value.numerator, value.denominator)

    def _convert(self, node: Node) -> Expr:
        match node:
            case Number():
                return self.rational(node.value)
            case Sum() if self.unfold:
                return self._sum(node)
            case Prod():
                return self.sympy.Mul(
                    self.rational(node.coefficient),
                    *(self.done[b] ** self.rational(e) for b, e in node.factors),
                )
            case Ref() if self.unfold:
                return self._unfolded(node)
            case Call(op="norm.pdf", args=(x, loc, scale)) if self.unfold:
                # Strike price and share price have one density, in two forms.
                power = self(node.graph.call("exp", -(((x - loc) / scale) ** 2) / 2))
                return self.symbol(node.graph.call("norm.constant")) * power / self(scale)
            case _:
                return self.symbol(node)

    def opened(self, node: Node) -> Expr:
        """A sum, or a value that is one, by its terms also where sums are symbols."""
        if isinstance(node, Ref):
            return self._unfolded(node)
        if isinstance(node, Sum):
            for term, _ in node.terms:
                self(term)
            return self._sum(node)
        return self(node)

    def _sum(self, node: Sum) -> Expr:
        return self.sympy.Add(
            self.rational(node.constant),
            *(self.rational(c) * self.done[t] for t, c in node.terms),
        )

    def _unfolded(self, node: Ref) -> Expr:
        for inner in _inside(node):
            return self(inner)
        value = node.value
        if isinstance(value, Call):
            args = [self(self.normal(arg)) for arg in value.args]
            match value.op, args:
                case "add", [a, b]:
                    return a + b
                case "sub", [a, b]:
                    return a - b
                case (("pos" | "constant"), [a]):
                    return a
        return self.symbol(node)


def _inside(node: Ref) -> Sequence[Node]:
    """The sum or product of arrays that is kept whole."""
    inner = node.value if node in node.graph.wholes else node.graph.inner.get(node)
    return [inner] if isinstance(inner, Sum | Prod) else []


class Field:
    """Replaces the functions in an expression by symbols among which only algebra is left."""

    def __init__(self, converter: Converter) -> None:
        self.converter = converter
        self.sympy = converter.sympy
        self.replacements: list[tuple[Expr, Expr]] = []

    def is_zero(self, node: Node) -> bool:
        """Whether a normal node is zero for all values of its variables."""
        sympy, convert = self.sympy, self.converter
        expression = convert(node)
        calls = self._calls()
        expression = self._logarithms(expression, calls)
        expression = self._angles(expression, calls)
        expression = self._roots(expression)
        expression = self._exponentials(expression, calls)
        if sympy.count_ops(expression) > MAX_OPERATIONS:
            raise TooLarge
        numerator = sympy.together(expression).as_numer_denom()[0]
        return self._vanishes(numerator)

    def _calls(self) -> dict[str, list[tuple[Call, Expr, list[Expr]]]]:
        """The calls by name, each with its symbol and its converted arguments."""
        found: dict[str, list[tuple[Call, Expr, list[Expr]]]] = {}
        seen: set[Node] = set()
        while fresh := [n for n in self.converter.symbols if n not in seen]:
            for node in fresh:
                seen.add(node)
                if len(node.operands) != 1 or node.type is COMPLEX:
                    continue
                if isinstance(node, Call) and node.op in {
                    "log",
                    "exp",
                    "sin",
                    "cos",
                    "tan",
                    "sinh",
                    "cosh",
                    "tanh",
                }:
                    args = [self.converter(arg) for arg in node.args]
                    found.setdefault(node.op, []).append((node, self.converter.symbols[node], args))
        return found

    def _logarithms(self, expression: Expr, calls: dict[str, Any]) -> Expr:
        """`S` becomes `K exp(L)` where `L` is the symbol of `log(S / K)`."""
        sympy = self.sympy
        for _, symbol, (arg,) in calls.get("log", []):
            powers = arg.as_powers_dict()
            for base, exponent in powers.items():
                if base.is_Symbol and exponent in (1, -1):
                    rest = arg / base**exponent
                    if not rest.has(base):
                        solved = (sympy.exp(symbol) / rest) ** exponent
                        self.replacements.append((base, solved))
                        expression = expression.subs(base, solved)
                        break
        return expression

    def _replay(self, expression: Expr) -> Expr:
        for old, new in self.replacements:
            expression = expression.subs(old, new)
        return expression

    def _angles(self, expression: Expr, calls: dict[str, Any]) -> Expr:
        for op in ("sin", "cos", "tan"):
            for node, symbol, _ in calls.get(op, []):
                t = self.converter.symbol(node.graph.call("tan_half", *node.args))
                new = {
                    "sin": 2 * t / (1 + t**2),
                    "cos": (1 - t**2) / (1 + t**2),
                    "tan": 2 * t / (1 - t**2),
                }[op]
                self.replacements.append((symbol, new))
                expression = expression.subs(symbol, new)
        for op in ("sinh", "cosh", "tanh"):
            for _, symbol, (arg,) in calls.get(op, []):
                e = self.sympy.exp(arg)
                new = {
                    "sinh": (e - 1 / e) / 2,
                    "cosh": (e + 1 / e) / 2,
                    "tanh": (e - 1 / e) / (e + 1 / e),
                }[op]
                self.replacements.append((symbol, new))
                expression = expression.subs(symbol, new)
        return expression

    def _exponentials(self, expression: Expr, calls: dict[str, Any]) -> Expr:
        for _, symbol, (arg,) in calls.get("exp", []):
            inner = self._replay(arg)
            expression = expression.subs(symbol, self.sympy.exp(inner))
        return self._roots(expression)

    def _roots(self, expression: Expr) -> Expr:
        """A symbol under a root becomes a square: it is not negative where the root is defined."""
        sympy = self.sympy
        roots = [
            p
            for p in expression.atoms(sympy.Pow)
            if p.base.is_Symbol and p.exp.is_Rational and not p.exp.is_Integer
        ]
        for base in dict.fromkeys(sorted((p.base for p in roots), key=str)):
            degree = functools.reduce(sympy.lcm, [p.exp.q for p in roots if p.base == base])
            root = sympy.Symbol(f"root_{base}", positive=True)
            self.replacements.append((base, root**degree))
            expression = expression.subs(base, root**degree)
        return expression

    def _vanishes(self, numerator: Expr) -> bool:
        """Whether a sum of (polynomial times exponential) is zero: exponents are compared."""
        sympy = self.sympy
        if expanded_terms(numerator) > MAX_TERMS:
            raise TooLarge
        expanded = sympy.expand(numerator, power_exp=False)
        terms = sympy.Add.make_args(expanded)
        if len(terms) > MAX_TERMS:
            raise TooLarge
        groups: list[tuple[Expr, Expr]] = []
        for term in terms:
            coefficient, exponent = sympy.Integer(1), sympy.Integer(0)
            for factor in sympy.Mul.make_args(term):
                base, power = factor.as_base_exp()
                if isinstance(factor, sympy.exp):
                    exponent += factor.exp
                elif isinstance(base, sympy.exp):
                    exponent += base.exp * power
                else:
                    coefficient *= factor
            for i, (known, total) in enumerate(groups):
                if sympy.cancel(sympy.together(exponent - known)) == 0:
                    groups[i] = (known, total + coefficient)
                    break
            else:
                groups.append((exponent, coefficient))
        return all(sympy.cancel(sympy.together(total)) == 0 for _, total in groups)


def is_large(node: Node, known: AbstractSet[Node] = frozenset()) -> bool:
    """Whether a proof about `node` would be given up for its size, `known` nodes apart."""
    seen: set[Node] = set()
    todo = [node]
    while todo and len(seen) <= MAX_NODES:
        below = todo.pop()
        if below not in seen:
            seen.add(below)
            todo += () if below in known else below.operands
    return len(seen) > MAX_NODES


def expanded_terms(expression: Expr) -> int:
    """At most how many terms an expression has when it is multiplied out, also under its roots."""
    if expression.is_Add:
        return sum(expanded_terms(arg) for arg in expression.args)
    if expression.is_Mul:
        return math.prod(expanded_terms(arg) for arg in expression.args)
    if expression.is_Pow:
        whole = expression.exp.is_Integer and expression.exp > 0
        return int(expanded_terms(expression.base) ** min(int(expression.exp) if whole else 1, 12))
    return 1


def is_flat(expression: Expr) -> bool:
    """Whether no sum stands under a power, where SymPy's factoring may take for ever."""
    import sympy

    return not any(power.base.is_Add for power in expression.atoms(sympy.Pow))


def fully_factored(expression: Expr) -> Expr:
    """The factors of a polynomial, found in the same steps each time: SymPy draws at random."""
    import sympy
    from sympy.core.random import rng

    state = rng.getstate()
    rng.seed(0)
    try:
        return sympy.factor(expression)
    finally:
        rng.setstate(state)


def is_zero(node: Node, normal: Callable[[Node], Node]) -> bool:
    """Whether `node` is proven to be zero; False where the proof fails or would take too long."""
    import sympy

    try:
        return Field(Converter(normal, unfold=True)).is_zero(node)
    except (TooLarge, sympy.polys.polyerrors.BasePolynomialError):
        return False


def back(graph: Graph, expression: Expr, symbols: dict[Expr, Node]) -> Node:
    """A rational SymPy expression as a normal node, nested sums kept as they are."""
    import sympy

    if expression.is_Rational:
        return graph.number(Fraction(int(expression.p), int(expression.q)))
    if expression.is_Symbol:
        return symbols[expression]
    if isinstance(expression, sympy.Add):
        return graph.sum(back(graph, arg, symbols) for arg in expression.args)
    if isinstance(expression, sympy.Mul):
        return graph.product(back(graph, arg, symbols) for arg in expression.args)
    if isinstance(expression, sympy.Pow) and expression.exp.is_Rational:
        exponent = Fraction(int(expression.exp.p), int(expression.exp.q))
        return graph.power(back(graph, expression.base, symbols), exponent)
    raise TooLarge


def rewritten(node: Sum, normal: Callable[[Node], Node]) -> Iterable[tuple[str, Node]]:
    """Forms that SymPy offers for a sum of quotients, each with the name of the rewrite, unproven.

    The sums in denominators are kept, powers of them in the common numerator are expanded:
    `v / (k + s) - v s / (k + s)^2` has the numerator `v (k + s) - v s`, which is `v k`.
    """
    lowest: Powers = {}
    parts = [(c, monomial_of(t)[1]) for t, c in node.terms]
    if node.constant:
        parts.append((node.constant, {}))
    for _, powers in parts:
        for base, exponent in powers.items():
            if isinstance(base, Sum | Ref) and exponent < 0:
                lowest[base] = min(exponent, lowest.get(base, exponent))
    if is_large(node.terms[0][0], known=lowest.keys()):
        return
    for unfold in (False, True):
        yield from _over_one_denominator(parts, lowest, Converter(normal, unfold=unfold))


def turned(node: Sum, angles: Sequence[Node], normal: Callable[[Node], Node]) -> Iterable[Node]:
    """A sum multiplied out, with `sin(a)**2` as `1 - cos(a)**2` for each of the `angles`.

    `c (c x - s y - t) + s (s x + c y - u)` is `x - c t - s u`. Unproven.
    """
    import sympy

    graph = node.graph
    convert = Converter(normal, unfold=True)
    try:
        expression = convert(node)
        if expanded_terms(expression) > MAX_TERMS:
            return
        expanded = sympy.expand(expression)
        terms, symbols_in = sympy.Add.make_args(expanded), expanded.free_symbols
        if len(terms) > MAX_TURNED or len(symbols_in) > MAX_SYMBOLS:
            return
        for angle in angles:
            sine, cosine = (convert.symbol(graph.call(op, angle)) for op in ("sin", "cos"))
            if not expanded.is_polynomial(sine):
                return
            expanded = sympy.expand(sympy.rem(expanded, sine**2 + cosine**2 - 1, sine))
        symbols = {s: n for n, s in convert.symbols.items()}
        yield back(graph, expanded, symbols)
        if is_flat(expanded):
            yield back(graph, sympy.factor_terms(expanded), symbols)
    except (TooLarge, sympy.polys.polyerrors.BasePolynomialError):
        return


def _over_one_denominator(
    parts: Sequence[tuple[Exact, Powers]], lowest: Powers, convert: Converter
) -> Iterable[tuple[str, Node]]:
    """The forms of a sum of monomials over the denominator with the powers `lowest`."""
    import sympy

    graph = next(iter(lowest)).graph
    try:
        numerator = sympy.Integer(0)
        for coefficient, factors in parts:
            powers = dict(factors)
            for base, exponent in lowest.items():
                powers[base] = powers.get(base, 0) - exponent
            opened = [(b, e) for b, e in powers.items() if b in lowest and e > 0]
            rest = graph.monomial(
                coefficient, {b: e for b, e in powers.items() if (b, e) not in opened}
            )
            product = convert(rest)
            for base, exponent in opened:
                product *= convert.opened(base) ** convert.rational(exponent)
            numerator += product
        if sympy.count_ops(numerator) > MAX_OPERATIONS or expanded_terms(numerator) > MAX_TERMS:
            return
        expanded = sympy.expand(numerator)
        if len(expanded.free_symbols) > MAX_SYMBOLS:
            return
        symbols = {s: n for n, s in convert.symbols.items()}
        below = graph.monomial(1, lowest)
        yield "expand", graph.product((back(graph, expanded, symbols), below))
        if not is_flat(expanded):
            return
        yield (
            "factor_terms",
            graph.product((back(graph, sympy.factor_terms(expanded), symbols), below)),
        )
        terms = sympy.Add.make_args(expanded)
        exponents = [
            [e for b, e in t.as_powers_dict().items() if b.is_Symbol and e.is_Rational]
            for t in terms
        ]
        degree = max(sum(map(abs, es)) for es in exponents)
        root = math.lcm(*(int(e.q) for es in exponents for e in es))
        if len(terms) > MAX_FACTORED or degree > MAX_DEGREE or root > MAX_ROOT:
            return
        yield (
            "factor",
            graph.product((back(graph, fully_factored(expanded), symbols), below)),
        )
    except (TooLarge, sympy.polys.polyerrors.BasePolynomialError):
        return
