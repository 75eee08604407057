"""The hash-consed graph of nodes: equal nodes of one graph are one object.

So equality is identity, and a node's `serial` is a canonical order that depends on nothing but the
program.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from diffsrc.ir.complex import COMPLEX_VALUED, gives_complex, is_complex, with_lengths
from diffsrc.ir.exact import Exact, exact, hashed, is_extreme, raised, rounded, with_root
from diffsrc.ir.nodes import (
    BOOL,
    COMPLEX,
    FLOAT,
    Call,
    Const,
    If,
    Node,
    Number,
    Prod,
    Ref,
    Result,
    Sum,
    Template,
    Type,
    Var,
)
from diffsrc.ir.powers import FOLDED, folded, is_integer_power, power_of_number, power_of_product
from diffsrc.ir.shapes import Axes, broadcast

if TYPE_CHECKING:
    from diffsrc.ir.blocks import Block

Known = TypeVar("Known", bound=Node)

MAX_FACTORS = 10
MAX_TERMS = 16
BOOLEAN = frozenset(
    {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"}
    | {"isclose", "isnan", "isfinite", "isinf"}
)


class Graph:
    """Makes nodes, and holds one of each.

    >>> g = Graph()
    >>> x = g.var("x")
    >>> x * x is x**2, x + x is 2 * x, (x - x).value
    (True, True, 0)
    """

    def __init__(self) -> None:
        self.table: dict[tuple[object, ...], Node] = {}
        self.preferred: set[Node] = set()
        self.avoided: set[Node] = set()
        self.opposites: dict[Sum, Node] = {}
        self.branches = False
        # Whether there are complex values, of which `unit` is 1j.
        self.complex = False
        self.unit: Const | None = None
        # Whether nodes know their axes, the sizes that were found to be equal unless one is 1, and
        # pairs of which a derivative relies on that the first is no 1 if the second is none.
        self.ranked = False
        self.equal: dict[tuple[Node, Node], bool] = {}
        self.spread: dict[tuple[Node, Node], None] = {}
        # Arrays times numbers that are multiplied once, as a derivative has them.
        self.wholes: set[Node] = set()
        # Of these sizes NumPy raises if they differ.
        self.held: dict[tuple[Node, Node], bool] = {}
        # Whether what is read now is computed on every path: what is found of sizes on one path
        # holds for the arrays that go there. With each pair it is kept whether it holds for all.
        self.certain = True
        # Whether the user's function is being read: what he broadcasts is noted.
        self.reading = True
        # The axes of contractions.
        self.orders: dict[tuple[object, ...], tuple[int, ...]] = {}
        # Matrices that are their own transposes; values with their axes in another order.
        self.symmetric: set[Node] = set()
        self.turned: dict[tuple[Node, tuple[int, ...]], Node] = {}
        # Of the forms of arrays that the user named, what stands for them.
        self.named: dict[Node, Node] = {}
        self.inner: dict[Node, Node] = {}
        # Systems that are solved, by their matrices and right sides.
        self.systems: dict[tuple[Node, Node], Node] = {}
        # Solutions by one factor of a matrix of what was solved by the other, as those of its
        # system; and back.
        self.solved: dict[Node, Node] = {}
        self.halves: dict[Node, Node] = {}
        # Inverses of matrices, and those of their Cholesky factors.
        self.factored: dict[Node, Node] = {}
        # What derivatives take for granted of two sizes: that they are "==", or that one is ">=".
        self.assumed: dict[tuple[Node, str, Node], None] = {}
        # Parts and conjugates of complex nodes, by what they are, the node and the depth.
        self.parts: dict[tuple[str, Node, int], Node] = {}
        # Whether there are powers whose exponents are not literals.
        self.powers = False
        # Whether rules take care where their formulas have no value: not those that are read only.
        self.careful = True
        # Normal nodes that are not zero where rules are applied at the moment.
        self.nonzero: frozenset[Node] = frozenset()
        self.logical: set[Node] = set()
        self.extreme: set[Node] = set()
        self.zero = self.number(0)
        self.one = self.number(1)

    # As written

    def const(self, value: complex | str | None) -> Const:
        key = (Const, type(value), repr(value))
        node = self.table.get(key)
        if not isinstance(node, Const):
            node = Const(self, BOOL if isinstance(value, bool) else FLOAT)
            node.value = value
            self.table[key] = node
            if isinstance(value, complex):
                node.type = COMPLEX
                self.complex = True
                if value == 1j:
                    self.unit = node
        return node

    def var(self, name: str, type_: Type = FLOAT) -> Var:
        key = (Var, name, type_)
        node = self.table.get(key)
        if not isinstance(node, Var):
            node = Var(self, type_)
            node.name = name
            self.complex |= type_ is COMPLEX
            self.table[key] = node
        return node

    def call(
        self,
        op: str,
        *args: Node,
        options: tuple[object, ...] = (),
        params: tuple[Any, ...] = (),
        type_: Type | None = None,
    ) -> Call:
        """The operation; one on arrays is told its type, others are pointwise."""
        key = (Call, op, args, options, params)
        node = self.table.get(key)
        if not isinstance(node, Call):
            own = type_ or (BOOL if op in BOOLEAN else FLOAT)
            node = Call(self, self._spread(own, args) if type_ is None else own, args)
            node.op, node.args, node.options, node.params = op, args, options, params
            may_be_complex = self.complex or op in COMPLEX_VALUED
            if may_be_complex and node.type.kind != "bool" and gives_complex(op, args, options):
                node.type = COMPLEX
                self.complex = True
            self.table[key] = node
            if op in {"add", "mul"} and all(map(self.is_logical, args)):
                self.logical.add(node)
            elif op == "pow" and not isinstance(args[1], Const):
                self.powers = True
        return node

    def has_call(self, op: str, args: tuple[Node, ...], params: tuple[object, ...]) -> bool:
        """Whether an operation on arrays is there."""
        return (Call, op, args, (), params) in self.table

    def again(self, node: Call, args: tuple[Node, ...]) -> Call:
        """The same operation on other arguments."""
        if args == node.args:
            return node
        on_arrays = (
            node.params
            or node.op == "view"
            or (node.options and isinstance(node.options[0], Template))
        )
        return self.call(
            node.op,
            *args,
            options=node.options,
            params=node.params,
            type_=node.type if on_arrays else None,
        )

    def array(self, name: str, axes: tuple[str, ...]) -> Var:
        """An argument with these axes: "1" for a unit axis, a number for one of that size."""
        var = self.var(name, Type("float", tuple([self.number(0)] * len(axes))))
        return self.sized(var, axes)

    def sized(self, node: Known, axes: tuple[str, ...]) -> Known:
        """A new node as an array with these axes."""
        sizes = [
            self.number(int(axis))
            if axis.isdigit()
            else self.call("dim", node, params=(i,), type_=FLOAT)
            for i, axis in enumerate(axes)
        ]
        node.type = Type("float", tuple(sizes)) if axes else FLOAT
        return node

    def _spread(self, own: Type, operands: tuple[Node, ...]) -> Type:
        """The type of what is computed pointwise."""
        if not self.ranked:
            return own
        axes = broadcast(operands)
        return Type(own.kind, axes) if axes else own

    def imaginary(self) -> Const:
        """The node of 1j."""
        return self.const(1j) if self.unit is None else self.unit

    def is_logical(self, node: Node) -> bool:
        """Whether NumPy computes it as a truth value: a comparison; sums and products of such."""
        return node.type.kind == "bool" or node in self.logical

    def if_(self, condition: Node, then: Block, orelse: Block) -> If:
        arms = ((a.statements, a.results, a.fail) for a in (then, orelse))
        key = (If, condition, *arms)
        node = self.table.get(key)
        if not isinstance(node, If):
            self.branches = True
            node = If(self, FLOAT, (condition,))
            node.condition, node.then, node.orelse = condition, then, orelse
            self.table[key] = node
        return node

    def result(self, of: If, index: int) -> Node:
        key = (Result, of, index)
        node = self.table.get(key)
        if not isinstance(node, Result):
            arms = [arm.results[index] for arm in (of.then, of.orelse) if not arm.fails]
            type_ = COMPLEX if is_complex(arms) else arms[0].type
            if {arm.type.kind for arm in arms} == {"bool", "float"}:
                type_ = type_._replace(kind="float")
            node = Result(self, type_, (of,))
            node.of, node.index = of, index
            self.table[key] = node
            if self.ranked and type_ is not COMPLEX:
                node.type = Type(type_.kind, self._either(node, [arm.type.axes for arm in arms]))
        return node

    def _either(self, node: Node, arms: list[Axes]) -> Axes:
        """The axes of one of two values; lengths in which they differ are asked of it."""
        longest = max(arms, key=len)
        sizes: list[Node] = []
        for i, size in enumerate(longest):
            others = [axes[i] for axes in arms if len(axes) == len(longest)]
            alike = all(other is size for other in others)
            sizes.append(size if alike else self.call("dim", node, params=(i,), type_=FLOAT))
        return tuple(sizes)

    # Normal

    def number(self, value: Exact) -> Number:
        value = rounded(exact(value))
        key = (Number, hashed(value))
        node = self.table.get(key)
        if not isinstance(node, Number):
            node = Number(self, FLOAT)
            node.value = value
            self.table[key] = node
        return node

    def ref(self, value: Node) -> Ref:
        key = (Ref, value)
        node = self.table.get(key)
        if not isinstance(node, Ref):
            node = Ref(self, value.type, (value,))
            node.value = value
            self.table[key] = node
        return node

    def sum(self, operands: Iterable[Node | Exact]) -> Node:
        """The sum of the operands; sums are merged into it up to `MAX_TERMS` terms."""
        constant: Exact = 0
        terms: dict[Node, Exact] = {}
        sums: list[Sum] = []
        for operand in operands:
            if not isinstance(operand, Node):
                constant += operand
            elif isinstance(operand, Number):
                constant += operand.value
            else:
                term, coefficient = self.split(operand)
                known = terms.get(term)
                terms[term] = coefficient if known is None else known + coefficient
                if type(term) is Sum:
                    sums.append(term)
        if sums:
            constant += self._merge(sums, terms)
        return self.linear(constant, terms)

    def _merge(self, sums: list[Sum], terms: dict[Node, Exact]) -> Exact:
        """Replace the `sums` among `terms` by theirs, and give what their constants add up to.

        Not those that others are multiplied by: `a + b * a` is `(b + 1) * a`. Beyond `MAX_TERMS`
        only the first is, and what leaves no more terms than there were.
        """
        factors = {b for t in terms if isinstance(t, Prod) for b in t.operands}
        constant: Exact = 0
        for term in sums:
            sign = terms.get(term)
            if type(sign) is not int or abs(sign) != 1:
                continue
            whole = len(term.terms) + (0 if term is sums[0] else len(terms) - 1)
            if whole > MAX_TERMS and sum([t not in terms for t in term.operands]) > 1:
                continue
            if term in factors or self.opposites.get(term) in factors:
                continue
            del terms[term]
            constant += sign * term.constant
            for inner, c in term.terms:
                scale = sign * c
                terms[inner] = terms[inner] + scale if inner in terms else scale
        return constant

    def linear(self, constant: Exact, terms: dict[Node, Exact]) -> Node:
        """`constant + sum(coefficient * term)` as a canonical node."""
        kept = [(term, c if type(c) is int else exact(c)) for term, c in terms.items() if c]
        if not kept:
            return self.number(constant)
        if len(kept) == 1 and not constant:
            return self.scaled(*kept[0])
        kept.sort(key=_serial)
        constant = exact(constant)
        own = tuple(kept)
        key = (Sum, hashed(constant), _hashed(own))
        node = self.table.get(key)
        if not isinstance(node, Sum):
            terms_ = tuple([term for term, _ in own])
            type_ = COMPLEX if self.complex and is_complex(terms_) else FLOAT
            node = Sum(self, self._spread(type_, terms_), terms_)
            node.constant, node.terms = constant, own
            self.table[key] = node
        return node

    def split(self, node: Node) -> tuple[Node, Exact]:
        """A node as (term without a coefficient, coefficient)."""
        # A `Fraction` is never 1, and takes long to compare with it.
        if type(node) is not Prod or (type(node.coefficient) is int and node.coefficient == 1):
            return node, 1
        if node.core is None:
            node.core = self._prod(1, node.factors)
        return node.core, node.coefficient

    def scaled(self, node: Node, coefficient: Exact) -> Node:
        """`coefficient * node`."""
        if type(coefficient) is int and coefficient == 1:
            return node
        if isinstance(node, Prod) and coefficient:
            if type(node.coefficient) is not int or node.coefficient != 1:
                coefficient = exact(coefficient * node.coefficient)
            return self._prod(coefficient, node.factors)
        if isinstance(node, Sum | Number) or not coefficient:
            return self.monomial(coefficient, {node: 1})
        return self._prod(exact(coefficient), ((node, 1),))

    def product(self, operands: Iterable[Node | Exact]) -> Node:
        """The product of the operands; products are merged into it up to `MAX_FACTORS`."""
        coefficient: Exact = 1
        nodes: list[Node] = []
        for operand in operands:
            if not isinstance(operand, Node):
                value = operand
            elif isinstance(operand, Number):
                value = operand.value
            else:
                node, value = self.split(operand)
                nodes.append(node)
            if type(value) is not int or value != 1:
                plain = type(coefficient) is int and coefficient == 1
                coefficient = value if plain else coefficient * value
        if len(nodes) == 1:
            return self.scaled(nodes[0], coefficient)
        factors: dict[Node, Exact] = {}
        for operand in nodes:
            node = operand
            if isinstance(node, Prod):
                if not factors:
                    factors = dict(node.factors)
                    continue
                if (
                    len(factors) + len(node.factors) <= MAX_FACTORS
                    or len(factors.keys() | dict(node.factors).keys()) <= MAX_FACTORS
                ):
                    for base, exponent in node.factors:
                        factors[base] = factors[base] + exponent if base in factors else exponent
                    continue
                # Of what is closed nothing cancels: `a / a` would stay, nan where `a` is 0.
                node = self._absorbed(node, factors)
                if node is self.one:
                    continue
            if len(factors) >= MAX_FACTORS and node not in factors:
                closed, value = self.split(self.monomial(1, factors))
                coefficient *= value
                factors = {closed: 1}
            factors[node] = factors.get(node, 0) + 1
        return self.monomial(coefficient, factors)

    def _absorbed(self, node: Prod, factors: dict[Node, Exact]) -> Node:
        """What is left of a product where `factors` take the powers of what they have too."""
        shared = {b: e for b, e in node.factors if b in factors}
        for base, exponent in shared.items():
            factors[base] += exponent
        if not shared:
            return node
        return self.monomial(1, {b: e for b, e in node.factors if b not in shared})

    def monomial(self, coefficient: Exact, factors: dict[Node, Exact]) -> Node:
        """`coefficient * prod(base ** exponent)` as a canonical node."""
        if not coefficient:
            return self.zero
        kept: list[tuple[Node, Exact]] = []
        opened: list[Node] = []
        changed = folds = False
        for base, exponent in factors.items():
            if not exponent:
                continue
            kind = type(base)
            whole = type(exponent) is int or exponent.denominator == 1
            if base is self.unit and whole:
                # 1j**2 is -1.
                quarter = exponent.numerator % 4
                if quarter > 1:
                    coefficient = -coefficient
                if quarter % 2:
                    kept.append((base, 1))
            elif kind is Prod and whole and base.coefficient != 1 and is_integer_power(exponent):  # type: ignore[attr-defined] # a `Prod`
                # Of two roots of it: a product in a product has no coefficient.
                opened.append(self.power(base, exponent))
            elif kind is not Number and kind is not Sum:
                kept.append((base, exponent.numerator if whole else exponent))
                if base.type.kind == "bool" or (kind is Call and base.op in FOLDED):  # type: ignore[attr-defined] # a `Call`
                    folds = True
            elif whole and isinstance(base, Number) and (base.value or exponent > 0):
                coefficient *= raised(base.value, exponent.numerator)
            elif whole and isinstance(base, Number):
                kept.append((self.call("pow", base, self.number(-1)), -exponent.numerator))
            elif whole and isinstance(base, Sum) and self._turns(base):
                kept.append((self.negated(base), exponent.numerator))
                changed = True
                if exponent.numerator % 2:
                    coefficient = -coefficient
            elif not whole and isinstance(base, Number):
                coefficient, power = with_root(coefficient, base.value, exponent)
                kept.append((base, power))
            else:
                kept.append((base, exponent.numerator if whole else exponent))
        if opened or (changed and len({base for base, _ in kept}) < len(kept)):
            merged: dict[Node, Exact] = {}
            for base, exponent in kept:
                merged[base] = merged.get(base, 0) + exponent
            return self.product((self.monomial(coefficient, merged), *opened))
        if self.complex and len(kept) > 1:
            sign, kept = with_lengths(kept)
            coefficient *= sign
        if folds:
            powers = dict(kept)
            found = folded(self, powers)
            if found:
                return self.product((self.monomial(coefficient, powers), *found))
            kept = list(powers.items())
        if not kept:
            return self.number(coefficient)
        if len(kept) > 1:
            kept.sort(key=_serial)
        return self._prod(exact(coefficient), tuple(kept))

    def _prod(self, coefficient: Exact, factors: tuple[tuple[Node, Exact], ...]) -> Node:
        """The product of factors that are in canonical order and form."""
        if len(factors) == 1 and coefficient == 1 and factors[0][1] == 1:
            return factors[0][0]
        key = (Prod, hashed(coefficient), _hashed(factors))
        node = self.table.get(key)
        if not isinstance(node, Prod):
            bases = tuple([base for base, _ in factors])
            type_ = COMPLEX if self.complex and is_complex(bases) else FLOAT
            node = Prod(self, self._spread(type_, bases), bases)
            node.coefficient, node.core, node.factors = coefficient, None, factors
            self.table[key] = node
            if is_extreme(coefficient):
                self.extreme.add(node)
        return self.ref(node) if node in self.extreme else node

    def negated(self, node: Sum) -> Node:
        """A sum with all signs turned."""
        found = self.opposites.get(node)
        if found is None:
            found = self.linear(-node.constant, {t: -c for t, c in node.terms})
            self.opposites[node] = found
            if isinstance(found, Sum):
                self.opposites[found] = node
        return found

    def prefer(self, node: Node) -> None:
        """Let products contain this sum rather than its negative; the first to say so wins."""
        if isinstance(node, Sum) and not (node in self.preferred or node in self.avoided):
            self.preferred.add(node)
            self.avoided.add(self.negated(node))

    def _turns(self, node: Sum) -> bool:
        """Whether a product contains the negative of a sum instead."""
        if node in self.preferred:
            return False
        return node in self.avoided or node.terms[0][1].numerator < 0

    def power(self, base: Node | Exact, exponent: Node | Exact) -> Node:
        """`base ** exponent`; exponents combine only where the real powers are equal."""
        base = base if isinstance(base, Node) else self.number(base)
        if isinstance(exponent, Number):
            exponent = exponent.value
        if isinstance(exponent, Node):
            return self.call("pow", base, exponent)
        exponent = exact(exponent)
        if exponent == 0:
            return self.one
        if exponent == 1:
            return base
        if isinstance(base, Number):
            return power_of_number(base, exponent)
        if isinstance(base, Prod):
            return power_of_product(base, exponent)
        return self.monomial(1, {base: exponent})


def _hashed(items: tuple[tuple[Node, Exact], ...]) -> tuple[object, ...]:
    """What stands for terms or factors in a key."""
    for _, number in items:
        if type(number) is not int:
            return tuple([(node, hashed(n)) for node, n in items])
    return items


def _serial(item: tuple[Node, Exact]) -> int:
    return item[0].serial
