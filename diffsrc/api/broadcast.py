"""Results of the broadcast shape, also where they do not depend on an array argument."""

from __future__ import annotations

from collections.abc import Sequence

from diffsrc.api.arms import with_results
from diffsrc.ir import Block, Call, Const, If, Node, Program, Result, Var, blocks, reachable, walk
from diffsrc.ops.complex import HOLOMORPHIC
from diffsrc.simplify.ranks import READ

# As they are spelled; those without a spelling are Python's own.
ARITHMETIC = frozenset({"add", "sub", "mul", "div", "neg"})
LAZY = frozenset({"select", "and", "or"})
SCALAR = frozenset({"max", "min", "select", "complex"})


def numbers(program: Program) -> dict[str, Node]:
    """The parameters that are numbers, or arrays of them."""
    return {
        p.name: p.node
        for p in program.parameters
        if isinstance(p.node, Var) and p.node.type.kind == "float"
    }


def used_numbers(program: Program) -> frozenset[str]:
    """Those that the function uses."""
    used = {n for b in blocks(program.body) for n in _nodes(b)}
    return frozenset(name for name, node in numbers(program).items() if node in used)


def broadcast(program: Program, arrays: frozenset[str], derived: range) -> Program:
    """The program with the results that are `derived` expanded to the shape of the `arrays`.

    The others, values of the user's function, stay what they are.
    The derivative of `a * x + b` by `b` is `np.ones_like(x)` for an array `x`.
    """
    shaped = [node for name, node in numbers(program).items() if name in arrays]
    if not shaped or program.body.fails:
        return program
    return program._replace(body=_in_shape(program.body, derived, shaped))


def _in_shape(block: Block, wanted: Sequence[int], shaped: list[Node]) -> Block:
    """The block with the `wanted` of its results expanded, in the arms of choices too."""
    if block.fails:
        return block
    inside = certain(block.results, shaped)
    missing = {i for i in wanted if len(inside[block.results[i]]) < len(shaped)}
    if not missing:
        return block
    results = list(block.results)
    for i in missing:
        if not isinstance(results[i], Result):
            results[i] = _expanded(results[i], shaped)

    def turn(arm: Block, indices: Sequence[int]) -> Block:
        return _in_shape(arm, indices, shaped)

    return with_results(block, results, sorted(missing), turn)


def certain(results: Sequence[Node], leaves: Sequence[Node]) -> dict[Node, frozenset[Node]]:
    """Which leaves each result contains, whichever arms are taken."""
    found: dict[Node, frozenset[Node]] = {}
    none: frozenset[Node] = frozenset()
    for node in reachable(results, arms=True):
        if node in leaves:
            found[node] = frozenset({node})
        elif isinstance(node, Result):
            arms = [a for a in (node.of.then, node.of.orelse) if not a.fails]
            parts = [found.get(arm.results[node.index], none) for arm in arms]
            found[node] = frozenset.intersection(*parts)
        elif isinstance(node, Call) and node.op == "select" and not node.options:
            found[node] = found[node.args[1]] & found[node.args[2]]
        else:
            found[node] = none.union(*(found.get(below, none) for below in node.operands))
    return found


def _expanded(result: Node, shaped: list[Node]) -> Node:
    inside = certain((result,), shaped)[result]
    missing = [node for node in shaped if node not in inside]
    if not missing:
        return result
    graph = result.graph
    if isinstance(result, Call) and result.op == "select" and not result.options:
        condition, *arms = result.args
        return graph.call("select", condition, *(_expanded(arm, shaped) for arm in arms))
    like = missing[0]
    for node in missing[1:]:
        like = graph.call("add", like, node)
    for value, op in ((1.0, "ones_like"), (0.0, "zeros_like")):
        if isinstance(result, Const) and result.value == value:
            return graph.call(op, like, options=(f"np.{op}",))
    if not any(node in inside for node in shaped):
        # Not `np.full_like`, which makes integers of a float if `like` holds integers.
        return graph.call("mul", result, graph.call("ones_like", like, options=("np.ones_like",)))
    return graph.call("add", result, graph.call("zeros_like", like, options=("np.zeros_like",)))


def library_of(program: Program, arrays: frozenset[str]) -> str:
    """What a derivative is written with, "math" or "np", if the `arrays` are that.

    Code with functions of `math` takes arrays beside what these are given: `x * math.sqrt(2)`.
    """
    if program.library == "np":
        return "np"
    given = {node for name, node in numbers(program).items() if name in arrays}
    return "np" if given and given.isdisjoint(proven_numbers(program)) else "math"


def proven_numbers(program: Program) -> frozenset[Node]:
    """What cannot be an array, or the user's function would have raised.

    Python's `max` or `if`, or a function of `math`, is given it.
    """
    computed = _computed([*program.body.values(), *program.body.roots()])
    taken = [below for node in computed for below in _taken_as_numbers(node)]
    return frozenset(node for node in _computed(taken) if not node.operands or _is_read(node))


def annotated_numbers(program: Program) -> set[str]:
    """The parameters that are annotated as numbers; who gives an array refutes that."""
    return {p.name for p in program.parameters if p.annotation in {"float", "int"}}


def single_numbers(program: Program, arrays: frozenset[str]) -> frozenset[Node]:
    """What is proven to be a number, or annotated so.

    If there is any such thing, the derivative is made for the `arrays` that it was called with.
    """
    parameters = numbers(program)
    plain = annotated_numbers(program) - arrays
    single = {node for name, node in parameters.items() if name in plain}
    if arrays and is_scalar_code(program.body):
        single.update(node for name, node in parameters.items() if name not in arrays)
    return proven_numbers(program) | single


def is_scalar(program: Program) -> bool:
    """Whether a function of numbers takes nothing else, as far as it says."""
    proven, plain = proven_numbers(program), annotated_numbers(program)
    return all(node in proven or name in plain for name, node in numbers(program).items())


def _computed(roots: Sequence[Node]) -> set[Node]:
    """What is computed in any case: not in an arm, nor behind Python's `and` and `or`."""
    seen: set[Node] = set()
    todo = list(roots)
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            lazy = isinstance(node, Call) and node.op in LAZY and not node.options
            if not _is_read(node):
                todo += node.operands[:1] if lazy else node.operands
    return seen


def _is_read(node: Node) -> bool:
    """Whether a value is read from an object, of which others need not be alike."""
    return isinstance(node, Call) and node.op in READ


def _taken_as_numbers(node: Node) -> Sequence[Node]:
    """The operands of which none can be an array."""
    if isinstance(node, If):
        return (node.condition,)
    if isinstance(node, Call) and node.options and _is_scalar(node):
        return node.args
    return node.args[:1] if isinstance(node, Call) and _is_scalar(node) else ()


def ranked_parameters(program: Program, written: Program) -> frozenset[str]:
    """The parameters of which it matters whether they are arrays where `written` is called.

    Those that some result does not contain, that `math` is given, or that decided how a function is
    spelled; where the code chooses, or is made for arrays beside numbers, all but those that the
    user annotated as plain numbers. None that can be nothing but a number in `program`, the user's.
    """
    parameters = numbers(program)
    proven = proven_numbers(program)
    open_ = {name for name, node in parameters.items() if node not in proven}
    nodes = _nodes(written.body)
    chooses = any(_is_choice(node) for node in nodes)
    if chooses or (written.library == "np" and any(map(_is_scalar, nodes))):
        return frozenset(open_ - annotated_numbers(program))
    given = [below for node in nodes for below in _taken_as_numbers(node)]
    matter = {*reachable(given), *program.respelt}
    for result in written.body.results:
        inside = set(reachable((result,)))
        matter |= {node for node in parameters.values() if node not in inside}
    return frozenset(name for name in open_ if parameters[name] in matter)


def is_scalar_code(block: Block) -> bool:
    """Whether the code takes no arrays: it branches, or calls functions of `math`."""
    return any(map(_is_scalar, _nodes(block)))


def _nodes(block: Block) -> list[Node]:
    return list(walk([*(let.node for let in block.lets), *block.roots()]))


def _is_choice(node: Node) -> bool:
    """Whether Python chooses, by a number."""
    if isinstance(node, Call):
        return node.op == "select" and not node.options
    return isinstance(node, If)


def _is_scalar(node: Node) -> bool:
    if not isinstance(node, Call):
        return isinstance(node, If)
    spelling = str(node.options[0]) if node.options else node.op
    return spelling in SCALAR or spelling.startswith(("math.", "cmath."))


def takes_complex(program: Program) -> list[str]:
    """The parameters of which a complex value would give a number that is no derivative.

    Functions of `math` refuse it, and in arithmetic a complex number stays one. Where the code is
    that of a holomorphic function, what it gives is right.
    """
    parameters = numbers(program)
    nodes = reachable(() if program.body.fails else program.body.results)
    if all(n.op in HOLOMORPHIC for n in nodes if isinstance(n, Call) and n.args):
        return []
    bits: dict[Node, int] = {node: 1 << i for i, node in enumerate(parameters.values())}
    refused = 0
    for node in nodes:
        if not isinstance(node, Call):
            continue
        found = 0
        for arg in node.args:
            found |= bits.get(arg, 0)
        if found and node.op in ARITHMETIC and not node.options:
            bits[node] = found
        elif found and node.options and str(node.options[0]).startswith("math."):
            refused |= found
    return [name for name, node in parameters.items() if not bits[node] & refused]
