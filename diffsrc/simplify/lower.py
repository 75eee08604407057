"""From normal nodes back to written ones: the user's values reused, terms and factors in order.

`24 epsilon sigma^6 r^-7 (2 sigma^6 r^-6 - 1)` with `s6 = (sigma / r)**6` in reach becomes
`24 * epsilon * s6 * (2 * s6 - 1) / r`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice

from diffsrc.ir import (
    COMPLEX,
    Assert,
    Bind,
    Block,
    Call,
    Const,
    Exact,
    Graph,
    If,
    Let,
    Node,
    Number,
    Prod,
    Program,
    Ref,
    Result,
    Sum,
    Var,
    as_fraction,
    magnitude,
    reachable,
    walk,
)
from diffsrc.ir.signs import nonnegative
from diffsrc.ops import TABLE
from diffsrc.ops.complex import PARTS
from diffsrc.simplify.choices import choice, guarded, is_choice, is_integer, unwrapped
from diffsrc.simplify.cover import (
    Reach,
    is_grown,
    is_hypot,
    is_part,
    leaves_range,
    sides_of,
)
from diffsrc.simplify.factor import is_select, joined
from diffsrc.simplify.literals import as_float, by_rest, fraction, is_decimal, is_unit, literal
from diffsrc.simplify.monomials import HALF, Powers, monomial_of
from diffsrc.simplify.normalise import Normaliser
from diffsrc.simplify.order import is_exponential, ordered
from diffsrc.simplify.ranks import Ranks
from diffsrc.simplify.written import (
    extreme,
    has_minus,
    is_written,
    joined_roots,
    negated,
    operations,
)

FLIPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
# Not `~`: of Python's own truth values that is -1 or -2.
ARRAY_LOGIC = {"and": "&", "or": "|", "not": "np.logical_not"}
OPERATORS = frozenset({*FLIPPED, "and", "or", "not", "pow", "floordiv", "mod"})

MAX_LOOKED_AT = 100

Factors = list[tuple[Node, Exact]]


def lowered(program: Program, normal: Normaliser, ranks: Ranks) -> Program:
    """The program with every result as a person would write it."""
    lowering = Lowering(program, normal, ranks)
    return program._replace(body=lowering.block(program.body), hints=lowering.hints)


class Lowering:
    """Writes the nodes of one program; named values come into reach block by block."""

    def __init__(self, program: Program, normal: Normaliser, ranks: Ranks) -> None:
        self.graph: Graph = program.graph
        self.ranks = ranks
        self.normal = normal
        self.library = ranks.library
        self.integers = program.integers
        self.done: dict[Node, Node] = {}
        self.reach = Reach(normal, ranks)
        self.constants = {free.var for free in program.free}
        self.turned: dict[Sum, Node] = {}
        # NumPy computes both arms, also for an argument that is not in the domain of one.
        self.chooses = ranks.arrays and any(map(is_select, program.graph.table.values()))
        self.literals = by_rest(
            as_fraction(n.value)
            for n in normal.forms
            if isinstance(n, Const) and type(n.value) is float and 0 < n.value < math.inf
        )
        self.suggested = program.hints
        self.hints: dict[Node, str] = {}
        for node in normal.written.values():
            if not isinstance(node, Call) or isinstance((*node.args, None)[0], Const):
                continue
            if node.op == "div" or (node.op == "mul" and monomial_of(normal(node))[0] == 1):
                self.reach.offer(node)

    # Blocks

    def block(self, block: Block) -> Block:
        """The block with lowered results; what it names is in reach inside only."""
        if block.fails:
            return block
        outer = self.done, self.reach
        self.done, self.reach = dict(self.done), self.reach.inner()
        for let in block.lets:
            self.reach.named.add(let.node)
            self.reach.offer(let.node)
        chosen = self._chosen(block.results)
        self.reach.share((*(s.node for s in block.statements if isinstance(s, Bind)), *chosen))
        statements = tuple([self._statement(s) for s in block.statements])
        results = same_in_arms(tuple(self.result(r) for r in chosen))
        self.done, self.reach = outer
        same = results == block.results and statements == block.statements
        return block if same else Block(statements, results)

    def _statement(self, statement: Let | Bind | Assert) -> Let | Bind | Assert:
        """The statement lowered; of a `Let` the value only, which stays as the user wrote it.

        That is before arms use what it computes: else each of them would lower it.
        """
        if isinstance(statement, Bind):
            return Bind(self(statement.node))
        if isinstance(statement, Let) and isinstance(statement.node, Result):
            self(statement.node)
        return statement

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
        both = self.graph.if_(choices[0].args[0], then, orelse)
        return tuple(self.graph.result(both, i) for i in range(len(results)))

    def result(self, node: Node) -> Node:
        """A result: floats also where it is a constant. A value of the user's is as he wrote it."""
        if self.normal.forms.get(node, node) is not node:
            return self(node)
        if isinstance(node, Number):
            return self.graph.const(as_float(node.value))
        node = joined(node)
        if is_choice(node):
            lazy = self.ranks.is_single(node.args[0])
            condition, then, orelse = (node if lazy else self._guarded(node)).args
            arms = [unwrapped(self.result(arm)) for arm in (then, orelse)]
            chosen = choice(
                self.graph, self(condition), *(self._alike(arms) if lazy else arms), lazy=lazy
            )
            return chosen if lazy else self.graph.call("scalar", chosen)
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
            for inner in self._order(node):
                if inner not in self.done:
                    self.done[inner] = self._lower(inner)
                    if inner in self.suggested:
                        self.hints.setdefault(self.done[inner], self.suggested[inner])
            done = self.done[node]
        return done

    def _order(self, node: Node) -> list[Node]:
        """What is to be lowered for a node, operands first."""
        if all(below in self.done for below in node.operands):
            return [node]
        return reachable((node,), arms=False, stop=self.done.keys())

    def _lower(self, node: Node) -> Node:
        match node:
            case Sum() | Prod():
                return self._form(node)
            case Call():
                written = is_written(node) and node.op != "registered"
                return node if written else self._form(node)
            case Number():
                return literal(self.graph, node.value)
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
            case _:
                return node

    def _form(self, node: Call | Sum | Prod) -> Node:
        named = self.reach.named
        written = self.normal.written.get(node)
        if written is not None and (written in named or not isinstance(node, Sum | Prod)):
            return written
        match node:
            case Call():
                whole = joined(node)
                return self._call(node) if whole is node else self(whole)
            case Sum():
                built = self._sum(node)
            case Prod():
                built = self._product(node)
        if written is not None:
            if written in self.reach.computed and not self.ranks.is_single(written):
                return written  # of arrays, nothing is computed twice
            count = operations(written, named)
            if operations(built, named, most=count) >= count:
                return written
        return built

    def _call(self, node: Call) -> Node:
        if node.op == "select" and not self.ranks.is_single(node.args[0]):
            safe = self._guarded(node)
            if safe is not node:
                return self(safe)
        args = tuple(self.done[arg] for arg in node.args)
        if node.op == "select":
            lazy = self.ranks.is_single(node.args[0])
            arms = self._alike(args[1:]) if lazy else args[1:]
            return choice(self.graph, args[0], *arms, lazy=lazy)
        if node.op == "growth":
            exp, expm1 = (self(self.graph.call(op, *node.args)) for op in ("exp", "expm1"))
            return self.graph.call("div", exp, expm1)
        if node.op in FLIPPED and isinstance(args[0], Const) and not isinstance(args[1], Const):
            return self.graph.call(FLIPPED[node.op], args[1], args[0])
        if node.op in ARRAY_LOGIC and not self.ranks.is_single(node):
            return self.graph.call(node.op, *args, options=(ARRAY_LOGIC[node.op],))
        if node.op == "registered":
            return self.graph.call(node.op, *args, options=node.options)
        if node.op in OPERATORS:
            return self.graph.call(node.op, *args)
        array_op = {"max": "maximum", "min": "minimum"}.get(node.op)
        if array_op is not None and self.library == "np":
            return extreme(array_op, args)
        if node.op in PARTS:
            if self.library == "np" and is_choice(node.args[0]):
                args = (self.graph.call("scalar", *args),)
            return self.graph.call(node.op, *args, options=(PARTS[node.op],))
        if node.op == "complex":
            # What the functions of `cmath` are given need not be complex.
            return (
                args[0]
                if self.library == "math"
                else self.graph.call("add", *args, self.graph.const(0j))
            )
        # The slope of an absolute value is the sign of its argument.
        op = "sign" if node.op == "slope" else node.op
        operation = TABLE[op]
        library = self.library or "math"
        if node.type is COMPLEX and library == "math":
            library = "cmath"
        spelling = operation.spelling(library) or operation.spelling("np")
        spelling = spelling or operation.spelling("cmath")
        if op == "sign" and self.library == "math":
            one = self.graph.call(
                "copysign", self.graph.const(1.0), args[0], options=("math.copysign",)
            )
            return self.graph.call("select", args[0], one, self.graph.const(0.0))
        return self.graph.call(op, *args, options=(spelling,))

    def _alike(self, arms: Sequence[Node]) -> Sequence[Node]:
        """The arms of a choice between an array and 0, of which Numba wants one type."""
        for zero, other in (arms, arms[::-1]) if self.ranks.shaped else ():
            number = isinstance(zero, Const) and zero.value == 0
            if number and not self.ranks.is_likely_single(other):
                like = next(n for n in reachable((other,)) if n in self.ranks.shaped)
                zeros = self.graph.call("zeros_like", like, options=("np.zeros_like",))
                return [zeros if arm is zero else arm for arm in arms]
        return arms

    def _guarded(self, node: Call) -> Call:
        """A choice of NumPy's whose arms are safe where they are not chosen."""

        def is_known(arm: Node) -> bool:
            written = self.normal.written.get(arm)
            return written in self.reach.named or written in self.reach.computed

        return guarded(node, is_known)

    # Sums

    def _sum(self, node: Sum) -> Node:
        merged = self._merged(node)
        if merged is not node:
            return self._sum(merged) if isinstance(merged, Sum) else self(merged)
        sizes, terms = self.reach.sizes_of(node), node.terms
        parts = [(terms[i][1].numerator > 0, sizes[i]) for i in ordered(node, self.normal)]
        if node.constant:
            at = 0 if len(parts) == 1 and is_exponential(terms[0][0]) else len(parts)
            constant = self.graph.number(magnitude(node.constant))
            parts.insert(at, (node.constant.numerator > 0, constant))
        first = next((i for i, (positive, _) in enumerate(parts) if positive), 0)
        parts.insert(0, parts.pop(first))
        named = self.reach.named
        total: Node | None = None
        logical = False
        for plus, part in parts:
            size, positive = self._term(part), plus
            if has_minus(size, named):
                # Of a product of the user's that has one, such as `p = -x * y`.
                size, positive = negated(size, named), not positive
            if total is None:
                total = size if positive else negated(size, named)
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
            if not isinstance(term, Sum) or not self._is_spread(coefficient, term):
                continue
            product = self.graph.scaled(term, coefficient)
            own = self.normal.written.get(product) in self.reach.named
            if not own and self.reach.covers.get(product, (1, {term: 1}))[1] == {term: 1}:
                spread = self._spread(coefficient, term)
                if spread is not None:
                    inner[term] = spread
        if not inner:
            return node
        return self.graph.sum([node.constant, *(inner.get(t, c * t) for t, c in node.terms)])

    def _term(self, size: Node) -> Node:
        if isinstance(size, Prod) and size.coefficient != 1 and size not in self.done:
            self.done[size] = self._form(size)
        return self(size)

    # Products

    def _product(self, node: Prod) -> Node:
        coefficient, powers = self._turned(*self.reach.cover(node))
        if len(powers) == 1:
            (base, exponent), *_ = powers.items()
            if exponent == 1 and isinstance(base, Sum) and self._is_spread(coefficient, base):
                spread = self._spread(coefficient, base)
                if spread is not None:
                    return self._sum(spread)
        negative = coefficient.numerator < 0
        above = [(b, e) for b, e in powers.items() if e.numerator > 0]
        below = [(b, -e) for b, e in powers.items() if e.numerator < 0]
        top, bottom = fraction(magnitude(coefficient), self.literals)
        above, below, again = self._in_range(above, below)
        numbers, above = self._apart(above)
        if above and (numbers or top != 1) and self.ranks.differ:
            # What is no array first: an array is gone through for each factor.
            divisors, below = self._apart(below)
            front = self._quotient(self._times(top, numbers), bottom, divisors)
            front = negated(front, self.reach.named) if negative else front
            numerator = self._times(1, above, front=front)
            bottom = 1
        else:
            numerator = self._times(top, [*numbers, *above], negative=negative)
        for base in again:
            numerator = self.graph.call("div", numerator, self(base))
        return self._quotient(numerator, bottom, below)

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
            whole = exponent.denominator == 1 and exponent > 1
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
                quotient = self.graph.call("div", self._times(1, taken), self(base))
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
                turned: Powers = {}
                for b, e in powers.items():
                    # A root of the other may stand there already.
                    new = other if b is base else b
                    turned[new] = turned.get(new, 0) + e
                powers = {b: e for b, e in turned.items() if e}
                if other not in self.done and isinstance(other, Sum):
                    self.done[other] = self._sum(other)
        return coefficient, powers

    def _is_spread(self, coefficient: Exact, inner: Sum) -> bool:
        """Whether a sum is written with its terms multiplied: one of no more use, or a short one.

        Not one of sums of sums, which would be multiplied in turn.
        """
        sums = (t for t, _ in inner.terms if isinstance(t, Sum))
        if not is_spread(coefficient, inner) or any(map(has_sums, sums)):
            return False
        return len(inner.terms) == 1 or self.reach.uses.get(inner, 0) < 2

    def _spread(self, coefficient: Exact, inner: Sum) -> Sum | None:
        """`2 * (15 x + 2)` as `30 x + 4`."""
        spread = self.graph.linear(
            coefficient * inner.constant, {t: coefficient * c for t, c in inner.terms}
        )
        return spread if isinstance(spread, Sum) else None

    def _times(
        self,
        coefficient: Exact,
        powers: list[tuple[Node, Exact]],
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
            case Call(op="pow", args=(base, Const(value=2))) if self._is_name(base):
                return [self.graph.call("neg", base), base]
        return [self.graph.call("neg", first)]

    def _is_name(self, node: Node) -> bool:
        return isinstance(node, Var) or node in self.reach.named

    def _rank(self, base: Node) -> tuple[int, int]:
        owner = base.args[0] if isinstance(base, Call) and base.op == "attribute" else base
        if owner in self.constants:
            return -1, base.serial
        if isinstance(base, Var | Ref | Prod) or base in self.reach.named:
            return 0, base.serial
        if isinstance(base, Sum):
            return 2, base.serial
        return 1, base.serial

    def _power(self, base: Node, exponent: Exact) -> Node:
        written = self(base)
        if exponent == 1:
            return written
        if exponent == HALF:
            library = "cmath" if base.type is COMPLEX else "math"
            spelling = TABLE["sqrt"].spelling(self.library.replace("math", library) or library)
            return self.graph.call("sqrt", written, options=(spelling,))
        root = exponent.denominator > 1
        options = ("np.power",) if root and self._may_be_complex(base, written) else ()
        return self.graph.call("pow", written, literal(self.graph, exponent), options=options)

    def _may_be_complex(self, base: Node, written: Node) -> bool:
        """Whether a root may be of a number of Python's below 0: not nan, as NumPy's is."""
        if nonnegative(base) or not self.chooses:
            return False
        return not any(map(is_numpy, islice(walk((written,)), MAX_LOOKED_AT)))


def is_numpy(node: Node) -> bool:
    """Whether a written value is a call of NumPy's, which gives numbers of NumPy's."""
    return isinstance(node, Call) and str((*node.options, "")[0]).startswith("np.")


def same_in_arms(results: tuple[Node, ...]) -> tuple[Node, ...]:
    """Without the choice, where both arms give the same: `1 / x` for `log(x)` and `log(-x)`."""
    while results and all(isinstance(r, Result) for r in results):
        indices = [r.index for r in results if isinstance(r, Result)]
        choices = {r.of for r in results if isinstance(r, Result)}
        arms = [arm for of in choices for arm in (of.then, of.orelse)]
        fails = any(arm.fails or any(isinstance(s, Assert) for s in arm.statements) for arm in arms)
        if len(choices) > 1 or fails:
            break
        then, orelse = (tuple(arm.results[i] for i in indices) for arm in arms)
        if then != orelse:
            break
        results = then
    return results


def has_sums(node: Sum) -> bool:
    """Whether terms of a sum are sums."""
    return any(isinstance(t, Sum) for t, _ in node.terms)


def is_spread(coefficient: Exact, inner: Sum) -> bool:
    """Whether a sum with all terms multiplied is cheaper than it is multiplied itself."""
    return not is_unit(coefficient) and not any(is_unit(c) for _, c in inner.terms)
