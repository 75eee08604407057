"""From normal nodes back to written ones: the user's values reused, terms and factors in order.

`24 epsilon sigma^6 r^-7 (2 sigma^6 r^-6 - 1)` with `s6 = (sigma / r)**6` in reach becomes
`24 * epsilon * s6 * (2 * s6 - 1) / r`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, TypeGuard

from diffsrc.ir import (
    Block,
    Call,
    Const,
    Exact,
    Graph,
    If,
    Node,
    Number,
    Prod,
    Program,
    Ref,
    Result,
    Sum,
    Var,
    as_fraction,
    descendants,
    magnitude,
    quotient,
    raised,
    reachable,
)
from diffsrc.ir.signs import positive
from diffsrc.ops import TABLE
from diffsrc.simplify.factor import joined, monomial_of
from diffsrc.simplify.share import share

if TYPE_CHECKING:
    from diffsrc.simplify.normalise import Normaliser

MAX_CANDIDATES = 32
MAX_DENOMINATOR = 10**6
HALF = Fraction(1, 2)
FLIPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
# Not `~`: of Python's own truth values that is -1 or -2.
ARRAY_LOGIC = {"and": "&", "or": "|", "not": "np.logical_not"}
INTEGERS = frozenset({"floor", "ceil", "trunc", "round"})
WRITTEN = frozenset(
    {"add", "sub", "mul", "div", "neg", "pos", "constant", "attribute", "item", "raise"}
)

Powers = dict[Node, Exact]
Factors = list[tuple[Node, Exact]]


def lowered(program: Program, normal: Normaliser, library: str) -> Program:
    """The program with every result as a person would write it."""
    lowering = Lowering(program, normal, library)
    return program._replace(body=lowering.block(program.body), hints=lowering.hints)


class Lowering:
    """Writes the nodes of one program; named values come into reach block by block."""

    def __init__(self, program: Program, normal: Normaliser, library: str) -> None:
        self.graph: Graph = program.graph
        self.normal = normal
        self.library = library
        self.integers = program.integers
        self.done: dict[Node, Node] = {}
        self.named: set[Node] = set()
        self.covers: dict[Node, tuple[Exact, Powers]] = {}
        self.constants = {free.var for free in program.free}
        self.computed: set[Node] = set()
        self.charges: dict[Node, float] = {}
        self.turned: dict[Sum, Node] = {}
        self.literals = [
            as_fraction(n.value)
            for n in normal.forms
            if isinstance(n, Const) and type(n.value) is float and n.value > 0
        ]
        self.suggested = program.hints
        self.hints: dict[Node, str] = {}
        self.products: dict[Node, list[tuple[Node, Exact, Powers]]] = {}
        for node in normal.written.values():
            if not isinstance(node, Call) or isinstance((*node.args, None)[0], Const):
                continue
            if node.op == "div" or (node.op == "mul" and monomial_of(normal(node))[0] == 1):
                self._offer(node)

    # Blocks

    def block(self, block: Block) -> Block:
        """The block with lowered results; what it names is in reach inside only."""
        if block.fails:
            return block
        products = {b: list(c) for b, c in self.products.items()}
        outer = self.done, set(self.named), products, self.covers, self.computed
        self.done, self.covers = dict(self.done), dict(self.covers)
        for let in block.lets:
            self.named.add(let.node)
            self._offer(let.node)
        chosen = self._chosen(block.results)
        self._share(chosen)
        results = tuple(self.result(r) for r in chosen)
        self.done, self.named, self.products, self.covers, self.computed = outer
        self.charges.clear()
        return block if results == block.results else Block(block.statements, results)

    def _chosen(self, results: tuple[Node, ...]) -> tuple[Node, ...]:
        """Several results that are chosen by one condition as those of one `If`."""
        results = tuple(joined(r) for r in results)
        first = results[0]
        if self.library == "np" or len(results) < 2:
            return results
        if not is_choice(first):
            return results
        choices = [r for r in results if is_choice(r) and r.args[0] is first.args[0]]
        if len(choices) < len(results):
            return results
        then, orelse = (Block((), tuple(c.args[i] for c in choices)) for i in (1, 2))
        choice = self.graph.if_(choices[0].args[0], then, orelse)
        return tuple(self.graph.result(choice, i) for i in range(len(results)))

    def result(self, node: Node) -> Node:
        """A result: floats also where it is a constant. A value of the user's is as he wrote it."""
        if self.normal.forms.get(node, node) is not node:
            return self(node)
        if isinstance(node, Number):
            return self.graph.const(as_float(node.value))
        node = joined(node)
        if is_choice(node):
            condition, then, orelse = (guarded(node) if self.library == "np" else node).args
            arms = [unwrapped(self.result(arm)) for arm in (then, orelse)]
            choice = self._choice(self(condition), *arms)
            return self.graph.call("scalar", choice) if self.library == "np" else choice
        written = self(node)
        if not is_integer(written, self.integers):
            return written
        if isinstance(written, Call) and written.op == "mul" and isinstance(written.args[0], Const):
            factor = written.args[0].value
            assert isinstance(factor, int)
            return self.graph.call("mul", self.graph.const(float(factor)), written.args[1])
        if self.library == "np":
            return self.graph.call("mul", written, self.graph.const(1.0))
        return self.graph.call("float", written, options=("float",))

    # Nodes

    def __call__(self, node: Node) -> Node:
        done = self.done.get(node)
        if done is None:
            for inner in reachable((node,), arms=False, stop=self.done.keys()):
                if inner not in self.done:
                    self.done[inner] = self._lower(inner)
                    if inner in self.suggested:
                        self.hints.setdefault(self.done[inner], self.suggested[inner])
            done = self.done[node]
        return done

    def _lower(self, node: Node) -> Node:
        match node:
            case Number():
                return self.number(node.value)
            case Ref():
                return self.done[node.value] if isinstance(node.value, Sum | Prod) else node.value
            case Result():
                of = self.done[node.of]
                assert isinstance(of, If)
                return node if of is node.of else self.graph.result(of, node.index)
            case If():
                then, orelse = self.block(node.then), self.block(node.orelse)
                if then is node.then and orelse is node.orelse:
                    return node
                own = node.condition in self.normal.conditions
                condition = node.condition if own else self.done[node.condition]
                return self.graph.if_(condition, then, orelse)
            case Call() if node.op in WRITTEN or node.options:
                return node
            case Call() | Sum() | Prod():
                return self._form(node)
            case _:
                return node

    def _form(self, node: Call | Sum | Prod) -> Node:
        written = self.normal.written.get(node)
        if written is not None and (written in self.named or not isinstance(node, Sum | Prod)):
            return written
        match node:
            case Call():
                whole = joined(node)
                return self._call(node) if whole is node else self(whole)
            case Sum():
                built = self._sum(node)
            case Prod():
                built = self._product(node)
        if written is not None and operations(written, self.named) <= operations(built, self.named):
            return written
        return built

    def _call(self, node: Call) -> Node:
        if node.op == "select" and self.library == "np":
            safe = guarded(node)
            if safe is not node:
                return self(safe)
        args = tuple(self.done[arg] for arg in node.args)
        if node.op == "select":
            return self._choice(*args)
        if node.op in FLIPPED and isinstance(args[0], Const) and not isinstance(args[1], Const):
            return self.graph.call(FLIPPED[node.op], args[1], args[0])
        if self.library == "np" and node.op in ARRAY_LOGIC:
            return self.graph.call(node.op, *args, options=(ARRAY_LOGIC[node.op],))
        if node.op in {
            "lt",
            "le",
            "gt",
            "ge",
            "eq",
            "ne",
            "and",
            "or",
            "not",
            "pow",
        } | {"floordiv", "mod"}:
            return self.graph.call(node.op, *args)
        array_op = {"max": "maximum", "min": "minimum"}.get(node.op)
        if array_op is not None and self.library == "np":
            return self._extreme(array_op, args)
        operation = TABLE[node.op]
        spelling = operation.spelling(self.library or "math") or operation.spelling("np")
        if node.op == "sign" and self.library == "math":
            one = self.graph.call(
                "copysign", self.graph.const(1.0), args[0], options=("math.copysign",)
            )
            return self.graph.call("select", args[0], one, self.graph.const(0.0))
        return self.graph.call(node.op, *args, options=(spelling,))

    def _extreme(self, op: str, args: tuple[Node, ...]) -> Node:
        """The largest or smallest of values that may be arrays."""
        total = args[0]
        for arg in args[1:]:
            total = self.graph.call(op, total, arg, options=(f"np.{op}",))
        return total

    def _choice(self, condition: Node, then: Node, orelse: Node) -> Node:
        options = ("np.where",) if self.library == "np" else ()
        arms = (then, orelse)
        if any(isinstance(a, Const) and a.value == 0 for a in arms) or all(
            isinstance(a, Const) for a in arms
        ):
            # An integer arm alone would be an integer result.
            then, orelse = (
                self.graph.const(float(a.value))
                if isinstance(a, Const) and isinstance(a.value, int)
                else a
                for a in arms
            )
        return self.graph.call("select", condition, then, orelse, options=options)

    def number(self, value: Exact) -> Node:
        """A literal, or a quotient of literals where no decimal is exact."""
        if value.denominator == 1 and abs(value.numerator) < 2**53:
            return self.graph.const(value.numerator)
        long = value.denominator > MAX_DENOMINATOR and abs(value.numerator) > 1
        if is_decimal(value) or long:
            return self.graph.const(as_float(value))
        top, bottom = (self.graph.const(n) for n in value.as_integer_ratio())
        return self.graph.call("div", top, bottom)

    # Sums

    def _sum(self, node: Sum) -> Node:
        merged = self._merged(node)
        if merged is not node:
            return self._sum(merged) if isinstance(merged, Sum) else self(merged)
        parts = [(c, t) for t, c in self._ordered(node)]
        if node.constant:
            at = 0 if len(parts) == 1 and is_exponential(parts[0][1]) else len(parts)
            parts.insert(at, (node.constant, self.graph.one))
        first = next((i for i, (c, _) in enumerate(parts) if c > 0), 0)
        parts = [parts[first], *parts[:first], *parts[first + 1 :]]
        total: Node | None = None
        logical = False
        for coefficient, term in parts:
            size = self._scaled(magnitude(coefficient), term)
            positive = coefficient > 0
            if self._has_minus(size):
                # Of a product of the user's that has one, such as `p = -x * y`.
                size, positive = self._negated(size), not positive
            if total is None:
                total = size if positive else self._negated(size)
                logical = self.graph.is_logical(total)
            else:
                if logical and self.graph.is_logical(size):
                    # NumPy's sum of truth values is one itself.
                    total = self.graph.call("mul", self.graph.const(1.0), total)
                logical = False
                total = self.graph.call("add" if positive else "sub", total, size)
        assert total is not None
        return total

    def _merged(self, node: Sum) -> Node:
        """A sum with the terms of those in it that are multiplied out.

        `0.1 (0.1 c - 1) - 1` is `0.01 c - 1.1`.
        """
        inner: dict[Node, Sum] = {}
        for term, coefficient in node.terms:
            spread = self._spread(coefficient, term)
            if spread is not None:
                product = self.graph.scaled(term, coefficient)
                own = self.normal.written.get(product) in self.named
                if not own and self.covers.get(product, (1, {term: 1}))[1] == {term: 1}:
                    inner[term] = spread
        if not inner:
            return node
        return self.graph.sum([node.constant, *(inner.get(t, c * t) for t, c in node.terms)])

    def _ordered(self, node: Sum) -> list[tuple[Node, Exact]]:
        """The terms: of a polynomial by falling degree, else by first appearance."""
        degrees = [degree(term) for term, _ in node.terms]
        if all(d is not None for d in degrees):
            order = sorted(range(len(degrees)), key=lambda i: -(degrees[i] or 0))
            return [node.terms[i] for i in order]
        return sorted(node.terms, key=lambda item: self._appearance(item[0]))

    def _appearance(self, term: Node) -> int:
        """When the last of a term's factors was first met."""
        bases = monomial_of(term)[1] or {term: 1}
        return max(self.normal.written.get(b, b).serial for b in bases)

    def _scaled(self, coefficient: Exact, term: Node) -> Node:
        if coefficient == 1 and not isinstance(term, Number):
            return self(term)
        scaled = self.graph.scaled(term, coefficient)
        if isinstance(scaled, Number):
            return self.number(scaled.value)
        if scaled not in self.done and isinstance(scaled, Prod):
            self.done[scaled] = self._form(scaled)
        return self(scaled)

    def _has_minus(self, node: Node) -> bool:
        """Whether a product begins with a minus."""
        while isinstance(node, Call) and node.op in {"mul", "div"} and not node.options:
            if node in self.named:
                return False
            node = node.args[0]
        if isinstance(node, Const):
            return isinstance(node.value, int | float) and node.value < 0
        return isinstance(node, Call) and node.op == "neg" and node not in self.named

    def _negated(self, node: Node) -> Node:
        if isinstance(node, Const) and isinstance(node.value, int | float):
            return self.graph.const(-node.value)
        if node.type.kind == "bool":
            return self.graph.call("mul", self.graph.const(-1), node)
        product = isinstance(node, Call) and node.op in {"mul", "div"} and not node.options
        if isinstance(node, Call) and product and node not in self.named:
            return self.graph.call(node.op, self._negated(node.args[0]), node.args[1])
        if isinstance(node, Call) and node.op == "neg" and node not in self.named:
            return node.args[0]
        return self.graph.call("neg", node)

    # Products

    def _product(self, node: Prod) -> Node:
        coefficient, powers = self.covers.get(node) or self._covered(
            node.coefficient, dict(node.factors)
        )
        coefficient, powers = self._turned(coefficient, powers)
        if len(powers) == 1:
            (base, exponent), *_ = powers.items()
            spread = self._spread(coefficient, base) if exponent == 1 else None
            if spread is not None:
                return self._sum(spread)
        above = [(b, e) for b, e in powers.items() if e > 0]
        below = [(b, -e) for b, e in powers.items() if e < 0]
        top, bottom = self._coefficient(magnitude(coefficient))
        above, below, again = self._in_range(above, below)
        numerator = self._times(top, above, negative=coefficient < 0)
        for base in again:
            numerator = self.graph.call("div", numerator, self(base))
        if not below and bottom == 1:
            return numerator
        return self.graph.call("div", numerator, self._times(bottom, below))

    def _in_range(self, above: Factors, below: Factors) -> tuple[Factors, Factors, list[Node]]:
        """`y / r / r * (y / r)` for `y**2 / r**3`, `r = hypot(x, y)`, whose powers leave the range.

        Returns:
            What is multiplied, what is divided by at once, and what by one after the other.
        """
        again: list[Node] = []
        for base, exponent in below:
            whole = exponent.denominator == 1 and exponent > 1
            if not (isinstance(base, Call) and base.op == "hypot" and whole):
                continue
            below = [x for x in below if x[0] is not base]
            sides = {b for a in base.args for b in monomial_of(a)[1]}
            small = [b for b, e in above if b in sides for _ in range(int(e))][: int(exponent)]
            for b in small:
                above = [(a, e - (a is b)) for a, e in above]
            quotients = [self(b) for b in small]
            for i in range(int(exponent)):
                if quotients:
                    at = i % len(quotients)
                    quotients[at] = self.graph.call("div", quotients[at], self(base))
                else:
                    again.append(base)
            above = [x for x in above if x[1]]
            above += [(q, quotients.count(q)) for q in dict.fromkeys(quotients)]
        return above, below, again

    def _turned(self, coefficient: Exact, powers: Powers) -> tuple[Exact, Powers]:
        """A leading minus moved into a difference that the user did not write.

        A sum keeps the sign that it was first written with, so that it stays one value.
        """
        for base, exponent in list(powers.items()):
            if not isinstance(base, Sum) or exponent.denominator != 1 or exponent % 2 == 0:
                continue
            if base not in self.turned:
                values = [c for _, c in base.terms] + [base.constant]
                own = base not in self.graph.preferred
                turn = own and coefficient < 0 and any(c < 0 for c in values)
                self.turned[base] = self.graph.negated(base) if turn else base
            other = self.turned[base]
            if other is not base:
                coefficient = -coefficient
                powers = {(other if b is base else b): e for b, e in powers.items()}
                if other not in self.done and isinstance(other, Sum):
                    self.done[other] = self._sum(other)
        return coefficient, powers

    def _spread(self, coefficient: Exact, inner: Node) -> Sum | None:
        """`2 * (15 x + 2)` as `30 x + 4`, where that is cheaper."""
        if not isinstance(inner, Sum) or abs(coefficient) == 1:
            return None
        if any(abs(c) == 1 for _, c in inner.terms):
            return None
        spread = self.graph.linear(
            coefficient * inner.constant, {t: coefficient * c for t, c in inner.terms}
        )
        return spread if isinstance(spread, Sum) else None

    def _coefficient(self, value: Exact) -> tuple[Exact, Exact]:
        """A coefficient as numerator and denominator, one of them 1 where a decimal says it."""
        if value.denominator == 1 or is_decimal(value):
            return value, 1
        for literal in self.literals:
            if is_decimal(value * literal):
                return value * literal, literal
        if value.denominator > MAX_DENOMINATOR and value.numerator > 1:
            return value, 1
        return value.numerator, value.denominator

    def _times(
        self,
        coefficient: Exact,
        powers: list[tuple[Node, Exact]],
        *,
        negative: bool = False,
    ) -> Node:
        if len(powers) > 1:
            powers = _joined_roots(self.graph, powers)
            powers = sorted(powers, key=lambda item: self._rank(item[0]))
        parts = [self._power(base, exponent) for base, exponent in powers]
        if coefficient != 1 or not parts:
            parts.insert(0, self.number(-coefficient if negative else coefficient))
        elif negative and parts[0].type.kind == "bool":
            # NumPy has no minus for truth values.
            parts.insert(0, self.number(-1))
        elif negative:
            parts[0] = self.graph.call("neg", parts[0])
        total = parts[0]
        for part in parts[1:]:
            total = self.graph.call("mul", total, part)
        return total

    def _rank(self, base: Node) -> tuple[int, int]:
        owner = base.args[0] if isinstance(base, Call) and base.op == "attribute" else base
        if owner in self.constants:
            return -1, base.serial
        if isinstance(base, Var | Ref | Prod) or base in self.named:
            return 0, base.serial
        if isinstance(base, Sum):
            return 2, base.serial
        return 1, base.serial

    def _power(self, base: Node, exponent: Exact) -> Node:
        written = self(base)
        if exponent == 1:
            return written
        if exponent == HALF:
            spelling = TABLE["sqrt"].spelling(self.library or "math")
            return self.graph.call("sqrt", written, options=(spelling,))
        return self.graph.call("pow", written, self.number(exponent))

    # The user's products

    def _offer(self, node: Node) -> None:
        coefficient, powers = monomial_of(self.normal(node))
        if not powers or (coefficient == 1 and len(powers) == 1 and 1 in powers.values()):
            return
        key = max(powers, key=lambda base: base.serial)
        candidates = self.products.setdefault(key, [])
        if len(candidates) < MAX_CANDIDATES and all(c[0] is not node for c in candidates):
            candidates.append((node, coefficient, powers))

    def _covered(self, coefficient: Exact, powers: Powers) -> tuple[Exact, Powers]:
        """The monomial with the user's products for their factors, while that is cheaper."""
        known = self.products
        while not known.keys().isdisjoint(powers):
            best, price = None, self._price(coefficient, powers) - 1e-9
            for base in powers:
                for node, scale, inner in known.get(base, ()):
                    if not inner.keys() <= powers.keys() or node in powers:
                        continue
                    count = multiplicity(powers, inner)
                    if not count:
                        continue
                    own = node in self.named or node in self.computed
                    if not own and (abs(count) == 1 or takes_roots(inner, powers)):
                        continue
                    rest = dict(powers)
                    for b, e in inner.items():
                        left = rest[b] - count * e
                        if left:
                            rest[b] = left
                        else:
                            del rest[b]
                    rest[node] = count
                    changed = coefficient
                    if scale != 1:
                        changed = quotient(coefficient, raised(scale, count))
                    new = self._price(changed, rest)
                    if new < price:
                        best, price = (changed, rest), new
            if best is None:
                break
            coefficient, powers = best
        return coefficient, powers

    def _share(self, results: tuple[Node, ...]) -> None:
        """Cover all products below `results`, and compute once what several of them share."""
        below = reachable(results, arms=False)
        products = self._products(results, below)
        self.computed = self._written_below(below)
        self.charges.clear()
        signs: dict[Node, Exact] = {}
        powers: list[Powers] = []
        for product in products:
            coefficient, covered = self._covered(product.coefficient, dict(product.factors))
            signs[product] = -1 if coefficient < 0 else 1
            number = self.graph.number(magnitude(coefficient))
            if number in covered:  # under a root
                signs[product] = coefficient
            elif number is not self.graph.one:
                covered[number] = 1
            powers.append(covered)
        found = self._used(share(self.graph, products, powers), len(products))
        for node, shared in found:
            numbers = {b for b, e in shared.items() if isinstance(b, Number) and e == 1}
            sign: Exact = signs.get(node, 1)
            for number in numbers:
                sign *= number.value
            rest = {b: e for b, e in shared.items() if b not in numbers}
            self.covers[node] = sign, rest
        self._turn_shared([node for node, _ in found if node not in signs])

    def _turn_shared(self, new: list[Node]) -> None:
        """A product that all others use with a minus has it itself."""
        users: dict[Node, list[Node]] = {node: [] for node in new}
        for node, (_, powers) in self.covers.items():
            for base in powers:
                if base in users:
                    users[base].append(node)
        for base, nodes in users.items():
            if nodes and all(
                self.covers[n][0] == -1 and self.covers[n][1][base] == 1 for n in nodes
            ):
                sign, powers = self.covers.pop(base)
                turned = self.graph.scaled(base, -1)
                for node in nodes:
                    factors = self.covers[node][1].items()
                    self.covers[node] = 1, {turned if b is base else b: e for b, e in factors}
                self.covers[turned] = -sign, powers

    def _written_below(self, nodes: list[Node]) -> set[Node]:
        """The user's unnamed values that are computed in any case, in what is used as written."""
        written, forms = self.normal.written, self.normal.forms
        starts = []
        for node in nodes:
            own = written.get(node)
            if own is None and forms.get(node, node) is not node:
                own = node
            if own is not None and (own in self.named or not isinstance(node, Sum | Prod)):
                starts.append(own)
        return descendants(starts)

    def _used(self, shared: list[tuple[Node, Powers]], own: int) -> list[tuple[Node, Powers]]:
        """The products without the new ones that only one of them still has a use for."""
        uses: dict[Node, int] = {}
        for _, powers in shared:
            for base in powers:
                uses[base] = uses.get(base, 0) + 1
        single = {n: p for n, p in shared[own:] if uses.get(n, 0) < 2}
        kept = []
        for node, powers in shared:
            while (once := next((b for b in powers if b in single), None)) is not None:
                exponent = powers.pop(once)
                for base, e in single[once].items():
                    powers[base] = powers.get(base, 0) + e * exponent
                    if not powers[base]:
                        del powers[base]
            if node not in single:
                kept.append((node, powers))
        return kept

    def _products(self, results: tuple[Node, ...], nodes: list[Node]) -> list[Prod]:
        """The products among `results` and what is in `nodes`, terms with a coefficient too."""
        found: dict[Prod, None] = {r: None for r in results if isinstance(r, Prod)}
        for node in nodes:
            if isinstance(node, Sum):
                for term, c in node.terms:
                    scaled = self.graph.scaled(term, magnitude(c))
                    if isinstance(scaled, Prod):
                        found[scaled] = None
            else:
                for below in node.operands:
                    if isinstance(below, Prod):
                        found[below] = None
        return list(found)

    def _price(self, coefficient: Exact, powers: Powers) -> float:
        price = 0.0 if type(coefficient) is int and abs(coefficient) == 1 else 1.0
        below = True
        for base, exponent in powers.items():
            charge = self.charges.get(base)
            if charge is None:
                charge = self.charges[base] = self._charge(base)
            price += charge
            if exponent == 1:
                below = False
                continue
            if exponent.numerator < 0:
                price += 0.2
            else:
                below = False
            if exponent != -1:
                price += 1.2 if magnitude(exponent) == HALF else 1.5
        return price + 0.4 if below else price

    def _charge(self, base: Node) -> float:
        """What a factor costs, itself and the product with it."""
        if base in self.computed:
            return 1.5
        if base in self.named or isinstance(base, Var | Ref):
            return 1
        return 2.1 if isinstance(base, Call) and base.op == "div" else 3


def as_float(value: Exact) -> float:
    """The float next to a number; infinite where it is beyond their range."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def takes_roots(inner: Powers, powers: Powers) -> bool:
    """Whether `inner` has a root of a base of which `powers` has none: it may not be defined."""
    return any(e.denominator > 1 and powers[b].denominator == 1 for b, e in inner.items())


def multiplicity(powers: Powers, inner: Powers) -> int:
    """How often `inner` divides `powers`, which have all its bases, with none changing sides."""
    ratio: Exact | None = None
    for base, exponent in inner.items():
        part = quotient(powers[base], exponent)
        if ratio is not None and (part > 0) != (ratio > 0):
            return 0
        if ratio is None or magnitude(part) < magnitude(ratio):
            ratio = part
    assert ratio is not None
    return int(ratio)


def is_choice(node: Node) -> TypeGuard[Call]:
    """Whether a normal node chooses between two."""
    return isinstance(node, Call) and node.op == "select" and not node.options


def guarded(node: Call) -> Call:
    """A choice of arrays whose arms, all computed, divide by nothing that may be 0 when not chosen.

    `where(x > 0, 1 / x, 0)` divides by `where(x > 0, x, 1)`.
    """
    graph, (condition, *arms) = node.graph, node.args

    def safe(arm: Node, *, chosen: bool) -> Node:
        if isinstance(arm, Sum):
            terms = (c * safe(t, chosen=chosen) for t, c in arm.terms)
            return graph.sum([graph.number(arm.constant), *terms])
        if not isinstance(arm, Prod):
            return arm
        powers: Powers = {}
        for base, exponent in arm.factors:
            risky = exponent < 0 and not positive(base) and not is_choice(base)
            pair = (base, graph.one) if chosen else (graph.one, base)
            new = graph.call("select", condition, *pair) if risky else base
            powers[new] = powers.get(new, 0) + exponent
        return graph.monomial(arm.coefficient, powers)

    return graph.call("select", condition, safe(arms[0], chosen=True), safe(arms[1], chosen=False))


def unwrapped(node: Node) -> Node:
    """A value without the `[()]` that makes an array of no axes a number."""
    return node.args[0] if isinstance(node, Call) and node.op == "scalar" else node


def is_integer(node: Node, integers: frozenset[Node]) -> bool:
    """Whether a written scalar is a Python integer or bool whatever the arguments are.

    `integers` are names from outside that are such now.
    """
    known: dict[Node, bool] = {}
    for below in reachable((node,), arms=False):
        known[below] = below in integers
        if known[below]:
            continue
        if isinstance(below, Const):
            known[below] = isinstance(below.value, int)
        elif isinstance(below, Call) and below.op in {"add", "sub", "mul", "neg", "pos", "abs"}:
            known[below] = all(known[arg] for arg in below.args)
        elif isinstance(below, Call):
            scalar = not below.options or not str(below.options[0]).startswith("np.")
            known[below] = below.type.kind == "bool" or (scalar and below.op in INTEGERS)
    return known[node]


def _joined_roots(graph: Graph, powers: list[tuple[Node, Exact]]) -> list[tuple[Node, Exact]]:
    """`sqrt(2) * sqrt(pi)` as `sqrt(2 * pi)`."""
    roots = [b for b, e in powers if e == HALF and (isinstance(b, Number) or _is_constant(b))]
    if len(roots) < 2:
        return powers
    rest = [(b, e) for b, e in powers if b not in roots]
    return [(graph.product(roots), HALF), *rest]


def _is_constant(node: Node) -> bool:
    return isinstance(node, Call) and not node.args


def is_exponential(node: Node) -> bool:
    """Whether a term is a power of an exponential, before which a constant stands: `1 + e`."""
    return any(isinstance(b, Call) and b.op == "exp" for b in monomial_of(node)[1])


def is_decimal(value: Exact) -> bool:
    """Whether a decimal says the value exactly."""
    return not pow(10, value.denominator.bit_length(), value.denominator)


def degree(term: Node) -> Exact | None:
    """The degree of a monomial in plain variables, None for anything else."""
    powers = monomial_of(term)[1]
    if all(isinstance(b, Var) and e > 0 for b, e in powers.items()):
        return sum(powers.values(), 0)
    return None


def operations(node: Node, named: set[Node]) -> int:
    """How many operations the text of a written node has, named values apart."""
    inside = reachable((node,), arms=False, stop=named)
    return sum(isinstance(n, Call) and bool(n.args) for n in inside if n not in named)
