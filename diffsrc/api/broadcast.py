"""Results of the broadcast shape, also where they do not depend on an array argument."""

from __future__ import annotations

from diffsrc.ir import Block, Call, Const, If, Node, Program, Result, Var, reachable, walk

# As they are spelled; those without a spelling are Python's own.
ARITHMETIC = frozenset({"add", "sub", "mul", "div", "neg"})
SCALAR = frozenset({"max", "min", "select", "complex"})


def numbers(program: Program) -> dict[str, Node]:
    """The parameters that are numbers, or arrays of them."""
    return {
        p.name: p.node
        for p in program.parameters
        if isinstance(p.node, Var) and p.node.type.kind == "float"
    }


def broadcast(program: Program, arrays: frozenset[str], kept: tuple[Node, ...] = ()) -> Program:
    """The program with every result expanded to the shape of the `arrays`.

    Results that are among `kept`, the values of the user's function, stay what they are.
    The derivative of `a * x + b` by `b` is `np.ones_like(x)` for an array `x`.
    """
    shaped = [node for name, node in numbers(program).items() if name in arrays]
    if not shaped or program.body.fails:
        return program
    results = tuple(
        result if result in kept else _expanded(result, shaped) for result in program.body.results
    )
    return program._replace(body=Block(program.body.statements, results))


def _expanded(result: Node, shaped: list[Node]) -> Node:
    if isinstance(result, Result):
        return result
    inside = set(reachable((result,)))
    missing = [node for node in shaped if node not in inside]
    if not missing:
        return result
    graph = result.graph
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


def ranked_parameters(program: Program) -> frozenset[str]:
    """The parameters of which it matters whether they are arrays.

    Those that some result does not contain, and all where the code is for scalars only; none that
    the user annotated as a plain number.
    """
    plain = {p.name for p in program.parameters if p.annotation in {"float", "int"}}
    parameters = {n: node for n, node in numbers(program).items() if n not in plain}
    if is_scalar_code(program.body):
        return frozenset(parameters)
    missing: set[str] = set()
    for result in program.body.results:
        inside = set(reachable((result,)))
        missing |= {name for name, node in parameters.items() if node not in inside}
    return frozenset(missing)


def is_scalar_code(block: Block) -> bool:
    """Whether the code takes no arrays: it branches, or calls functions of `math`."""
    return any(map(_is_scalar, walk([*(let.node for let in block.lets), *block.roots()])))


def _is_scalar(node: Node) -> bool:
    if not isinstance(node, Call):
        return isinstance(node, If)
    spelling = str(node.options[0]) if node.options else node.op
    return spelling in SCALAR or spelling.startswith(("math.", "cmath."))


def takes_complex(program: Program) -> list[str]:
    """The parameters that may be complex without an error: what refuses them is `math`.

    In arithmetic a complex number stays one.
    """
    parameters = numbers(program)
    bits: dict[Node, int] = {node: 1 << i for i, node in enumerate(parameters.values())}
    refused = 0
    for node in reachable(() if program.body.fails else program.body.results, arms=False):
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
