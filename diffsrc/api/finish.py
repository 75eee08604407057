"""From the stages of a derivation to what calls need: among it, what is made a float."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Iterable

from diffsrc.api.broadcast import is_scalar_code, takes_complex
from diffsrc.api.derive import Stages, fixed_parts, own_names
from diffsrc.api.emitted import Emitted
from diffsrc.capture import static_attribute
from diffsrc.emit.expressions import MODULES, Printer
from diffsrc.ir import Call, Const, Node, Program, Result, Stack, Var, blocks, reachable
from diffsrc.ops.integers import INTEGERS, INTEGRAL, TAKING

MAYBE_INT = frozenset(
    {
        "floor",
        "ceil",
        "trunc",
        "round",
        "item",
        "attribute",
        "ones_like",
        "zeros_like",
        "factorial",
        "comb",
        "perm",
        "gcd",
        "lcm",
        "isqrt",
        "registered",
    }
)
KEEPS_INT = INTEGRAL - MAYBE_INT
# What is given to them is to be the integer that it is.
HANDED = frozenset(
    {"ldexp", "factorial", "comb", "perm", "gcd", "lcm", "isqrt", "polygamma", "registered"}
)

# As a set of parameters: a float whatever they are.
ALWAYS = -1
# The builtins hand one of their arguments on, as it is.
CHOOSING = (("max",), ("min",))


def _results(program: Program) -> list[Node]:
    """The results, through the arms of choices."""
    seen: dict[Node, None] = {}
    todo = list(program.body.results)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen[node] = None
        if isinstance(node, Result):
            for arm in (node.of.then, node.of.orelse):
                todo += arm.results[node.index : node.index + 1]
    return [node for node in seen if not isinstance(node, Result)]


def finished(stages: Stages) -> Emitted:
    """What is kept of a derivation."""
    program = stages.simplified
    own = frozenset(own_names(program))
    made_floats, inexact = floats(program, stages.wrt, stages.derived)
    if program.graph.ranked:
        # What it derives by is made floats, and so is all that is computed of it.
        parameters = {p.name: p.node for p in program.parameters}
        made_floats = {
            name: True
            for name in stages.wrt
            if (node := parameters.get(name)) is not None and not node.type.axes
        }
        # Those by arrays have their precision; by a number there may be a count left.
        inexact = frozenset(i for i in inexact if not program.body.results[i].type.axes)
    parts = [stages.source, *(constant.text for constant in stages.constants)]
    text = "\n".join(parts)
    shapes = stages.shapes
    return Emitted(
        source=stages.source,
        name=stages.name,
        parameters=tuple((p.name, p.kind) for p in program.parameters),
        own=own,
        given={free.var.name: free.value for free in program.free if not free.own},
        fixed=stages.fixed,
        constants={constant.name: constant.text for constant in stages.constants},
        modules={n: m for n, m in MODULES.items() if n not in own and is_used(n, text)},
        assumptions=tuple((a.holder, a.name, a.path, a.expected) for a in program.assumptions),
        ranked=stages.ranked,
        wrt=stages.wrt,
        floats=made_floats,
        inexact=inexact,
        leaves=_leaves(stages),
        indices=_indices(stages),
        real=tuple(
            name
            for name in takes_complex(program)
            if name in stages.wrt - stages.ranked and name not in made_floats
        ),
        ranks=None if shapes is None else tuple([(*r,) for r in (*shapes.live, *shapes.ranks)]),
        guarded=shapes is not None and bool(shapes.lines("")),
        data=() if shapes is None else (*shapes.held.live_data, *shapes.held.data),
        whole=() if shapes is None else shapes.held.whole,
        narrow=() if shapes is None else shapes.held.narrow,
        valued=bool(stages.operators) and stages.operators[-1].kind == "value_and_grad",
        deciding=() if shapes is None else shapes.deciding,
        lengths=() if shapes is None else (*shapes.live_lengths, *shapes.lengths),
    )


def _leaves(stages: Stages) -> tuple[tuple[int, str], ...]:
    """The results that have the form of an argument, or of a part of one, and how it is written."""
    kind = stages.operators[-1].kind if stages.operators else ""
    if stages.shapes is None or kind not in {"grad", "value_and_grad"}:
        return ()
    printer = Printer({})
    nodes = [node for target in stages.targets[-1] for node in target.nodes]
    return tuple(zip(stages.derived, map(printer, nodes), strict=True))


def _indices(stages: Stages) -> frozenset[str]:
    """The arrays among the arguments that only stand as indices of others."""
    if stages.shapes is None:
        return frozenset()
    taken: set[Node] = set()
    used = set(stages.parsed.body.results)
    for block in blocks(stages.parsed.body):
        for node in reachable([*block.values(), *block.roots()], arms=True):
            taking = isinstance(node, Call) and node.op in TAKING
            taken.update(node.operands[1:] if taking else ())
            measuring = isinstance(node, Call) and node.op == "dim"
            used.update(node.operands[: 1 if taking else 0 if measuring else None])
    printer = Printer({})
    own = {node for node in taken - used if node.type.axes and isinstance(node, Var | Call)}
    return frozenset(map(printer, own)) & {rank.text for rank in stages.shapes.ranks}


def is_used(module: str, text: str) -> bool:
    """Whether a text has something of a module: `math.`, but not in `cmath.`."""
    return re.search(rf"(?<![\w.]){module}\.\w", text) is not None


def floats(
    program: Program, wrt: frozenset[str], derived: range
) -> tuple[dict[str, bool], frozenset[int]]:
    """What is made a float: the parameters, and then the derivatives that still may be none.

    Of a parameter it is said whether a single integer becomes a float too: where it is derived by,
    and in code for arrays that gives derivatives alone, of which none needs to be multiplied then.

    Of parameters as few as will do, since an integer times a float is a float. Where the code takes
    arrays, those derived by and what else is needed for all arithmetic to be in floats: the square
    of an array of integers may overflow. Not what a power or remainder takes: there an integer may
    be meant as one, as in `n / 3 + 10**n % 7`.
    """
    parameters = {
        p.node: p.name
        for p in program.parameters
        if p.node is not None and p.node.type.kind == "float"
    }
    annotated = all(p.annotation in {"float", "int"} for p in program.parameters)
    scalars = annotated or is_scalar_code(program.body)
    meant = set(parameters) if scalars else _meant_as_integers(_results(program), set(parameters))
    parameters = {n: name for n, name in parameters.items() if name in wrt or n not in meant}
    bits: dict[Node, int] = {node: 1 << i for i, node in enumerate(parameters)}
    known: dict[Node, int] = {}
    fixed = {
        node: ALWAYS
        for name, (node, owner) in fixed_parts(program).items()
        if type(static_attribute(owner, name).value) is float
    }
    for below in reachable(program.body.results, arms=True):
        known[below] = bits.get(below) or fixed.get(below) or _makes_float(below, known)
    wanted = _results(program)
    chosen: list[str] = []
    sure = 0
    alone = not scalars and len(derived) == len(program.body.results)
    whole = {n for n, name in parameters.items() if name in wrt or alone}
    if not scalars:
        wanted += [n for n in known if isinstance(n, Call) and n.op in KEEPS_INT]
        chosen += [name for name in parameters.values() if name in wrt]
        sure = sum(bits[n] for n, name in parameters.items() if name in wrt)
    integers = [known[n] for n in wanted if known[n] not in {ALWAYS, 0} and not known[n] & sure]

    def use(node: Node) -> tuple[bool, int]:
        count = sum(bool(bits[node] & mask) for mask in integers)
        return count > 0 and parameters[node] in wrt, count

    while integers:
        best = max(bits, key=use)
        chosen.append(parameters[best])
        sure |= bits[best] if best in whole else 0
        integers = [mask for mask in integers if not bits[best] & mask]
    masks = [(i, known[program.body.results[i]]) for i in derived]
    inexact = frozenset(i for i, mask in masks if mask != ALWAYS and not mask & sure)
    if isinstance(program.structure, Stack):
        # One array, which is made floats as a whole.
        inexact = frozenset({0}) if inexact else inexact
    names = {parameters[node] for node in whole}
    return {name: name in names for name in chosen}, inexact


def _meant_as_integers(results: list[Node], parameters: set[Node]) -> set[Node]:
    """The parameters from which sums and products lead to where integers are integers.

    To a power, a remainder, a function that takes integers only, and one that diffsrc cannot read.
    """
    sources: dict[Node, set[Node]] = {}
    meant: set[Node] = set()
    for node in reachable(results, arms=True):
        if node in parameters:
            sources[node] = {node}
        elif isinstance(node, Result):
            arms = [a.results[node.index] for a in (node.of.then, node.of.orelse) if not a.fails]
            sources[node] = set().union(*(sources[arm] for arm in arms if arm in sources))
        elif isinstance(node, Call) and node.op in HANDED:
            meant.update(*(sources[arg] for arg in node.args if arg in sources))
        elif isinstance(node, Call) and node.op in KEEPS_INT:
            found = [sources[arg] for arg in node.args if arg in sources]
            square = node.op == "pow" and isinstance(node.args[1], Const)
            if node.op in {"pow", "mod", "floordiv", "reciprocal"} and not square:
                meant.update(*found)
            elif found:
                sources[node] = set().union(*found)
    return meant


def _makes_float(node: Node, known: dict[Node, int]) -> int:
    """Each of which parameters (as bits) makes a written value a float if it is one."""
    if isinstance(node, Const):
        return ALWAYS if isinstance(node.value, float) else 0
    if isinstance(node, Result):
        arms = [a for a in (node.of.then, node.of.orelse) if not a.fails]
        return _all(known.get(a.results[node.index], 0) for a in arms)
    if node.type.kind == "complex":
        return ALWAYS
    if not isinstance(node, Call) or node.type.kind in {"bool", "int"}:
        return 0
    if node.op in MAYBE_INT or node.op in INTEGERS:
        return 0
    op, args = node.op, node.args
    if op not in KEEPS_INT:
        # A sum of truth values is a count.
        counted = op.startswith("np.") and all(a.type.kind in {"bool", "int"} for a in args)
        return 0 if counted else ALWAYS
    if op == "select":
        return known[args[1]] & known[args[2]]
    if op == "pow":
        exponent = args[1]
        whole = isinstance(exponent, Const) and isinstance(exponent.value, int)
        return known[args[0]] | (0 if whole else known[exponent])
    if op in {"max", "min"} and node.options[:1] in CHOOSING:
        return _all(known[arg] for arg in args)
    found = 0
    for arg in args:
        found |= known[arg]
    return found


def _all(masks: Iterable[int]) -> int:
    return functools.reduce(operator.and_, masks, ALWAYS)
