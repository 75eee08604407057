"""Values of the user's from what is computed anyway: deviations from a mean, inverses.

Beside `centered = x - x.mean()`, which their derivatives have, `x.var()` is `(centered**2).mean()`:
NumPy computes just that, from the start. Beside `A_inv`, which the derivative of a determinant has,
`np.linalg.solve(A, b)` is `A_inv @ b`, without factors of `A` once more. What costs less, without
being anywhere, is `A @ (B @ x)` for `A @ B @ x`, `np.sqrt(x @ x)` for the norm of a vector, and
`special.softmax(x)` for `np.exp(x - special.logsumexp(x))`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from itertools import dropwhile
from typing import Any

from diffsrc.ir import FLOAT, Call, Node, Program, Var, blocks, reachable
from diffsrc.ir.arrays import is_symmetric
from diffsrc.ops.arrays.table import axes_of
from diffsrc.simplify.arrays import axes_text, spelled
from diffsrc.simplify.contents import Contents
from diffsrc.simplify.normalise import Normaliser
from diffsrc.simplify.unmarked import Unmarking
from diffsrc.simplify.written import MATMUL, as_product, before_vector

DEVIATIONS = frozenset({"np.var", "np.std"})
SUMS = frozenset({"np.logsumexp", "np.log_softmax"})
TURNED = frozenset({"np.T", "np.transpose"})


def with_values_at_hand(
    program: Program, normal: Normaliser, floats: AbstractSet[Node], *, exact: bool
) -> Program:
    """The written program, with what it computes in place of what NumPy would compute again.

    If it is to be `exact`, to the last bit. Arrays in `floats` are none of integers.
    """
    own = {n.op for n in program.graph.table.values() if isinstance(n, Call)}
    alone = DEVIATIONS | MATMUL | SUMS | {"np.norm"}
    if own.isdisjoint(alone) and not {"np.inv", "np.solve"} <= own:
        return program
    writer = _Writer(program, normal, floats, exact=exact)
    lone = writer.products or writer.lengths or writer.shares
    if not (writer.deviations or writer.inverses or lone):
        return program
    body, done = writer.block(program.body), writer.done
    hints = {done.get(node, node): name for node, name in program.hints.items()}
    return program._replace(
        body=body,
        hints={**writer.hints, **hints},
        owners={done.get(n, n): done.get(of, of) for n, of in program.owners.items()},
        places={**{done.get(n, n): p for n, p in program.places.items()}, **program.places},
    )


class _Writer(Unmarking):
    """Writes a program anew.

    Attributes:
        exact: whether values are to be NumPy's to the last bit.
        deviations: those of an array along some axes, and the mean that they are from.
        inverses: those of matrices.
        products: those of matrices with which only vectors are multiplied.
        lengths: those of vectors of floats.
        shares: exponentials over their sums: what they are of, and how they are written.
    """

    def __init__(
        self, program: Program, normal: Normaliser, floats: AbstractSet[Node], *, exact: bool
    ) -> None:
        super().__init__(program.graph)
        self.normal = normal
        self.exact = exact
        self.hints: dict[Node, str] = {}
        self.lengths: set[Node] = set()
        contents = Contents()
        self.deviations: dict[tuple[Node, object], tuple[Node, Call]] = {}
        self.inverses: dict[Node, Node] = {}
        self.products: set[Node] = set()
        below = reachable([root for block in blocks(program.body) for root in block.roots()])
        uses = Counter(arg for node in below for arg in node.operands)
        named = {let.node for block in blocks(program.body) for let in block.lets}
        self.shares: dict[Node, tuple[Node, str]] = {}
        for node in below if not exact else ():
            share = _share(node)
            if share is not None and all(uses[between] == 1 for between in share[2]):
                self.shares[node] = share[:2]
        for node in below:
            product = None if exact else before_vector(node)
            while product is not None and uses[product] == 1 and product not in named:
                self.products.add(product)
                product = as_product(product.args[0])
            match node:
                case Call(op="sub", args=(a, Call(op="np.mean", args=(b,)) as mean)) if a is b:
                    along = _along(mean)
                    if along is not None:
                        self.deviations[a, along] = node, mean
                case Call(op="np.inv", args=(matrix,)) if not exact:
                    self.inverses[matrix] = node
                case Call(op="np.norm", args=(vector,)) if _is_length(node) and not (
                    exact or node in named
                ):
                    there = not vector.operands or vector in named or uses[vector] > 1
                    # Of integers the squares might leave their range.
                    if there and contents.is_float(vector, floats):
                        self.lengths.add(node)

    def _rewritten(self, node: Node) -> Node:
        product = before_vector(node)
        if isinstance(node, Call) and product is not None and product in self.products:
            return self._of_vector(product, self.done[node.args[1]])
        if node in self.shares:
            of, text = self.shares[node]
            return spelled("softmax", text, [self.done[of]], node.type)
        match node:
            case Call(op="np.norm", args=(a,)) if node in self.lengths:
                # In half the time.
                square = spelled("matmul", "{0} @ {1}", [self.done[a], self.done[a]], FLOAT)
                return self.graph.call("sqrt", square, options=("np.sqrt",))
            case Call(op="np.var" | "np.std", args=(a,)):
                found = self.deviations.get((a, _along(node)))
                if found is not None:
                    made = self._deviation(node.op, *found)
                    if isinstance(a, Var):
                        self.hints[made] = f"{node.op.removeprefix('np.')}_{a.name}"
                    return made
            case Call(op="np.solve", args=(matrix, b)):
                solution = self._solution(matrix, b, node)
                if solution is not None:
                    self.hints[solution] = "solution"
                    return solution
        return super()._rewritten(node)

    def is_symmetric(self, matrix: Node) -> bool:
        """Whether a matrix of the user's is its own transpose: else its factor is of a half."""
        return is_symmetric(self.normal(matrix))

    def _of_vector(self, product: Call, vector: Node) -> Node:
        """`A @ (B @ x)` for `A @ B @ x`."""
        first, second = product.args
        type_ = second.type._replace(axes=second.type.axes[:1])
        inner = spelled("matmul", "{0} @ {1}", [self.done[second], vector], type_)
        if isinstance(first, Call) and first in self.products:
            return self._of_vector(first, inner)
        type_ = first.type._replace(axes=first.type.axes[:1])
        return spelled("matmul", "{0} @ {1}", [self.done[first], inner], type_)

    def _deviation(self, op: str, centered: Node, mean: Call) -> Node:
        own = self(centered)
        if self.exact or len(own.type.axes) > 1 or mean.type.axes:
            square = self.graph.call("pow", own, self.graph.const(2))
            variance: Node = self.graph.again(mean, (square,))
        else:
            # In half the time, but not to the last bit.
            length = spelled("dim", "len({0})", [self.done[mean.args[0]]], FLOAT)
            product = spelled("matmul", "{0} @ {1}", [own, own], FLOAT)
            variance = self.graph.call("div", product, length)
        if op == "np.var":
            return variance
        return self.graph.call("sqrt", variance, options=("np.sqrt",))

    def _solution(self, matrix: Node, b: Node, node: Call) -> Node | None:
        inverse = self.inverses.get(matrix)
        if inverse is not None:
            return spelled("matmul", "{0} @ {1}", [self(inverse), self.done[b]], node.type)
        turned = isinstance(matrix, Call) and matrix.op in TURNED and len(matrix.type.axes) == 2
        if not isinstance(matrix, Call) or not turned:
            return None
        inverse = self.inverses.get(matrix.args[0])
        match matrix.args[0], b:
            case Call(op="np.cholesky", args=(whole,)) as factor, Call(op="np.solve", args=inner):
                lower = inner[0] is factor and not dict(factor.params).get("upper", True)
                if whole in self.inverses and lower and self.is_symmetric(whole):
                    args = [self(self.inverses[whole]), self.done[inner[1]]]
                    return spelled("matmul", "{0} @ {1}", args, node.type)
        if inverse is None:
            return None
        args = [self.done[b], self(inverse)]
        if len(b.type.axes) > 1:
            args = [spelled("transpose", "{0}.T", args[1:], matrix.type), args[0]]
        return spelled("matmul", "{0} @ {1}", args, node.type)


def _share(node: Node) -> tuple[Node, str, tuple[Node, ...]] | None:
    """Of what a value is the softmax, how that is written, and what it does not need then."""
    if not (isinstance(node, Call) and node.op == "exp"):
        return None
    between: tuple[Node, ...]
    text = "{0}"
    match node.args[0]:
        case Call(op="np.log_softmax", args=(a,)) as total:
            between = (total,)
        case Call(op="sub", args=(a, Call(op="np.logsumexp") as total)) as whole:
            between = (whole, total)
        case Call(op="sub", args=(a, Call(args=(Call(op="np.logsumexp") as total,)) as put)):
            between = (node.args[0], put, total)
            text = str(put.options[0]) if put.options else ""
        case _:
            return None
    if total.args != (a,):
        return None  # of something else, or with weights
    given: dict[str, Any] = dict(total.params) if len(total.params) > 1 else {}  # of the user's
    axes = tuple(sorted(axes_of(a, given["axis"]))) if given else total.params[0]
    needed = ""
    if total.op == "np.logsumexp" and not given.get("keepdims"):
        left = iter(range(len(a.type.axes)))
        spec = [None if axis in axes else next(left) for axis in range(len(a.type.axes))]
        # Axes in front NumPy puts in by itself.
        spec = list(dropwhile(lambda axis: axis is None, spec))
        needed = axes_text(tuple(spec), len(a.type.axes) - len(axes))
    if not axes or text != (f"{{0}}[{needed}]" if needed else "{0}"):
        return None
    along = "" if len(axes) == len(a.type.axes) else f", axis={axes[0] if len(axes) == 1 else axes}"
    return a, f"special.softmax({{0}}{along})", between


def _is_length(norm: Call) -> bool:
    """Whether a norm is the usual one of a vector."""
    given = dict(norm.params)
    if "ord" not in given:
        return False  # no call of the user's
    usual = given["ord"] in {None, 2} and given["axis"] in {None, 0} and not given["keepdims"]
    return usual and len(norm.args[0].type.axes) == 1


def _along(reduction: Call) -> object:
    """Along which axes a mean or a variance is, if it stands beside the array itself."""
    if not reduction.params or not isinstance(reduction.params[0], tuple):
        return None  # no call of the user's
    given: dict[str, Any] = dict(reduction.params)
    axis, keepdims = given["axis"], given["keepdims"]
    beside = keepdims or axis is None or axis == 0
    return (axis, keepdims) if beside and not given.get("ddof") else None
