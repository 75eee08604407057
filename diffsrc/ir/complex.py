"""Which values are complex, and their parts, as far as their form says what these are.

The parts are of the normal level: `1 + 1j w` has the real part 1 and the imaginary part `w`, of
`r z` with a real `r` the real part is `r` times that of `z`. What no form says stays a call.
"""

from __future__ import annotations

from collections.abc import Iterable

from diffsrc.ir.exact import Exact, magnitude
from diffsrc.ir.nodes import COMPLEX, Call, Const, Node, Prod, Sum
from diffsrc.ir.signs import nonnegative

MAX_DEPTH = 4  # sums in products in sums

# What is complex whatever it is given, and what never is.
COMPLEX_VALUED = frozenset({"complex", "rect", "wofz", "lambertw"})
REAL_VALUED = frozenset({"abs", "real", "imag", "phase"})

Factors = list[tuple[Node, Exact]]


def is_complex(nodes: Iterable[Node]) -> bool:
    """Whether one of the nodes is a complex value."""
    return any(node.type is COMPLEX for node in nodes)


def gives_complex(op: str, args: tuple[Node, ...], options: tuple[object, ...]) -> bool:
    """Whether a call that is no truth value is complex; of functions of `cmath` all are."""
    if op in REAL_VALUED:
        return False
    of_cmath = args and str((*options, "")[0]).startswith("cmath.")
    return bool(of_cmath) or op in COMPLEX_VALUED or is_complex(args)


def real_part(node: Node) -> Node:
    """The real part.

    >>> from diffsrc.ir import Graph
    >>> g = Graph()
    >>> x, i = g.var("x"), g.imaginary()
    >>> real_part(2 + i * x) is g.number(2), real_part(i * (x + i)) is g.number(-1)
    (True, True)
    """
    return _of_term(node, imaginary=False)


def imaginary_part(node: Node) -> Node:
    """The imaginary part.

    >>> from diffsrc.ir import Graph
    >>> g = Graph()
    >>> x, i = g.var("x"), g.imaginary()
    >>> imaginary_part(2 + i * x) is x
    True
    """
    return _of_term(node, imaginary=True)


def _of_term(node: Node, depth: int = 0, *, imaginary: bool) -> Node:
    """Real factors outside, and 1j by what it makes of the rest."""
    graph = node.graph
    if node.type is not COMPLEX:
        return graph.zero if imaginary else node
    if not isinstance(node, Prod):
        return _of_core(node, depth, imaginary=imaginary)
    outer = graph.monomial(
        node.coefficient, {b: e for b, e in node.factors if b.type is not COMPLEX}
    )
    inner = {b: e for b, e in node.factors if b.type is COMPLEX and b is not graph.unit}
    core = graph.monomial(1, inner)
    if len(inner) < sum(b.type is COMPLEX for b, _ in node.factors):
        # Of 1j z the real part is -z.imag, the imaginary part z.real.
        part = _of_core(core, depth, imaginary=not imaginary)
        return outer * part if imaginary else -outer * part
    return outer * _of_core(core, depth, imaginary=imaginary)


def _of_core(node: Node, depth: int, *, imaginary: bool) -> Node:
    if node.type is not COMPLEX:
        return node.graph.zero if imaginary else node
    made = node.graph.parts
    key = ("imag" if imaginary else "real", node, depth)
    if key not in made:
        made[key] = _made_of_core(node, depth, imaginary=imaginary)
    return made[key]


def _made_of_core(node: Node, depth: int, *, imaginary: bool) -> Node:
    graph = node.graph
    match node:
        case Const() if node is graph.unit:
            return graph.one if imaginary else graph.zero
        case Call(op="complex", args=(x,)):
            return graph.zero if imaginary else x
        case Call(op="conj", args=(z,)):
            part = _of_core(z, depth, imaginary=imaginary)
            return -part if imaginary else part
        case Call(op="rect", args=(r, angle)):
            return r * graph.call("sin" if imaginary else "cos", angle)
        case Call(op="select", args=(condition, *arms)) if graph.zero in arms:
            parts = [_of_term(arm, depth, imaginary=imaginary) for arm in arms]
            return graph.zero if parts[0] is parts[1] else graph.call("select", condition, *parts)
        case Sum() if depth < MAX_DEPTH:
            parts = [c * _of_term(t, depth + 1, imaginary=imaginary) for t, c in node.terms]
            return graph.sum(parts if imaginary else [graph.number(node.constant), *parts])
        case Prod() if depth < MAX_DEPTH:
            for base, exponent in node.factors:
                known = exact_parts(base) if exponent == -1 else None
                if known is None:
                    continue
                # `1 / (a + 1j b)` is `(a - 1j b) / abs(a + 1j b)**2`; not of one such quotient in
                # another, whose parts would be multiplied out.
                a, b = known
                rest = node * base
                if not _has_parts(rest):
                    continue
                real, imag = (_of_term(rest, depth + 1, imaginary=i) for i in (False, True))
                part = a * imag - b * real if imaginary else a * real + b * imag
                return part / absolute(base) ** 2
    return graph.call("imag" if imaginary else "real", node)


def _has_parts(node: Node) -> bool:
    """Whether a product is of real values and 1j, and of one sum of such at most."""
    powers = node.factors if isinstance(node, Prod) else ((node, 1),)
    inner = [(b, e) for b, e in powers if b.type is COMPLEX and b is not node.graph.unit]
    return not inner or (inner[0][1] == len(inner) == 1 and exact_parts(inner[0][0]) is not None)


def exact_parts(node: Node) -> tuple[Node, Node] | None:
    """The real and the imaginary part of a sum whose form says them: of real values and 1j."""
    graph = node.graph
    if not isinstance(node, Sum) or node.type is not COMPLEX:
        return None
    for term in node.operands:
        bases = term.operands if isinstance(term, Prod) else (term,)
        if any(base.type is COMPLEX and base is not graph.unit for base in bases):
            return None
    return real_part(node), imaginary_part(node)


def conjugate(node: Node, depth: int = 0) -> Node:
    """The conjugate, of sums and products with whole exponents that of their parts.

    >>> from diffsrc.ir import Graph
    >>> g = Graph()
    >>> x, i = g.var("x"), g.imaginary()
    >>> conjugate(2 + i * x) is 2 - i * x, conjugate(x) is x
    (True, True)
    """
    if node.type is not COMPLEX:
        return node
    # Products ask for it again and again, and making it makes products: once for each node.
    made = node.graph.parts
    key = ("conj", node, depth)
    if key not in made:
        made[key] = _made_conjugate(node, depth)
    return made[key]


def _made_conjugate(node: Node, depth: int) -> Node:
    graph = node.graph
    match node:
        case Const() if node is graph.unit:
            return -node
        case Call(op="conj", args=(z,)):
            return z
        case Call(op="complex", args=(_,)):
            return node
        case Call(op="rect", args=(r, angle)):
            return graph.call("rect", r, -angle)
        case Call(op="select", args=(condition, *arms)) if graph.zero in arms:
            return graph.call("select", condition, *(conjugate(arm, depth) for arm in arms))
        case Sum() if depth < MAX_DEPTH:
            parts = [c * conjugate(t, depth + 1) for t, c in node.terms]
            return graph.sum([graph.number(node.constant), *parts])
        case Prod() if depth < MAX_DEPTH:
            product: Node = graph.number(node.coefficient)
            for base, exponent in node.factors:
                if exponent.denominator == 1:
                    product *= conjugate(base, depth + 1) ** exponent
                elif base.type is COMPLEX:
                    product *= graph.call("conj", graph.monomial(1, {base: exponent}))
                else:
                    product *= graph.monomial(1, {base: exponent})
            return product
    return graph.call("conj", node)


def absolute(node: Node) -> Node:
    """The absolute value of a complex node: of a product that of its factors."""
    graph = node.graph
    if isinstance(node, Sum):
        node = graph.monomial(1, {node: 1})
    if not isinstance(node, Prod):
        return _length(node)
    lengths = [_length(base) ** exponent for base, exponent in node.factors]
    return graph.product((magnitude(node.coefficient), *lengths))


def _length(node: Node) -> Node:
    graph = node.graph
    if nonnegative(node):
        return node
    match node:
        case Const() if node is graph.unit:
            return graph.one
        case Call(op="conj", args=(z,)):
            return absolute(z)
        case Call(op="complex" | "rect", args=(x, *_)):
            return x if nonnegative(x) else graph.call("abs", x)
    if isinstance(node, Sum):
        # Of a sum and its conjugate the one that was there first.
        ((other, power), *others), _ = _canonical(conjugate(node))
        if power == 1 and not others:
            node = min(node, other, key=lambda n: n.serial)
    return graph.call("abs", node)


def with_lengths(factors: Factors) -> tuple[Exact, Factors]:
    """Powers with `abs(z)**2` for `z` times its conjugate, and the sign before them."""
    if sum(b.type is COMPLEX and e.denominator == 1 for b, e in factors) < 2:
        return 1, factors
    powers = dict(factors)
    turned: Exact = 1
    for base, exponent in factors:
        if base.type is not COMPLEX or exponent.denominator != 1 or not powers.get(base):
            continue
        # A sum may stand there with its signs turned.
        ((other, power), *others), sign = _canonical(conjugate(base))
        paired = powers.get(other, 0)
        if others or other is base or paired.denominator != 1 or paired * exponent <= 0:
            continue
        if power != 1 or abs(sign) != 1:
            continue
        count = min(exponent, paired) if exponent > 0 else max(exponent, paired)
        length = _length(base)
        powers[base] -= count
        powers[other] -= count
        powers[length] = powers.get(length, 0) + 2 * count
        turned *= sign ** (count.numerator % 2)
    return turned, [(base, exponent) for base, exponent in powers.items() if exponent]


def _canonical(node: Node) -> tuple[tuple[tuple[Node, Exact], ...], Exact]:
    """The factors of a product as they stand in one, and the coefficient."""
    node = node.graph.monomial(1, {node: 1}) if isinstance(node, Sum) else node
    if isinstance(node, Prod):
        return node.factors, node.coefficient
    return ((node, 1),), 1
