"""The blocks of a derivative, and what is refused of it."""

from __future__ import annotations

from collections.abc import Sequence

from diffsrc.differentiate.sweep import Sweep
from diffsrc.differentiate.task import LENGTHS, task_of
from diffsrc.errors import NotDifferentiable
from diffsrc.ir import (
    COMPLEX,
    Assert,
    Block,
    Call,
    If,
    Node,
    Number,
    Program,
    Result,
    Var,
    reachable,
)
from diffsrc.ir.arrays import filled, in_precision_of
from diffsrc.ops.arrays import STEPS
from diffsrc.simplify import Simplifier

MAX_TAIL_WORK = 2_000

Request = tuple[int, tuple[Node, ...]]


def gradients(
    program: Program,
    requests: Sequence[Request],
    simplifier: Simplifier,
    *,
    with_values: bool = False,
) -> Program:
    """The program whose results are the gradients requested, one after the other.

    A request is the number of a result and the nodes by which it is derived. With `with_values` the
    results of `program` come first.

    Raises:
        NotDifferentiable: where every path from a `wrt` to the result goes through steps.
        UnknownFunction: where an operation has no rule.
    """
    for index, _ in requests if not program.body.fails else ():
        _refuse_complex(program, program.body.results[index])
    wanted = [x for _, wrt in requests for x in wrt]
    work = Sweep(task_of(program, tuple(dict.fromkeys(wanted)), simplifier))
    body = _derived(work, program.body, requests, with_values=with_values)
    if not body.fails:
        _refuse_steps(work, wanted, body.results[-len(wanted) :])
    derived = program._replace(body=body, hints=work.all_hints(), owners=work.owners)
    return derived if program.rules is None else program.rules.completed(derived)


def _derived(work: Sweep, block: Block, requests: Sequence[Request], *, with_values: bool) -> Block:
    """The block that gives (the values and) the gradients that are requested."""
    if block.fails:
        return block
    graph, choices = work.graph, work.choices
    choices.learn(block)
    values = block.results if with_values else ()
    tail = _tail(work, block)
    if tail is None:
        wanted: list[Node] = []
        narrow: tuple[set[Node], set[Node]] = set(), set()
        with choices.binding() as binds:
            for index, wrt in requests:
                adjoints = work.sweep(block, {block.results[index]: graph.one}, ())
                found = (adjoints.get(x, graph.zero) for x in wrt)
                whole = [filled(g, x) for g, x in zip(found, wrt, strict=True)]
                if graph.ranked:
                    pairs = zip(whole, wrt, strict=True)
                    whole = [
                        in_precision_of(g, x, narrow[bool(x.type.axes)], work.floats)
                        for g, x in pairs
                    ]
                wanted += whole
        return Block((*block.statements, *binds), values + tuple(wanted))
    indices = [r.index for r in block.results if isinstance(r, Result)]

    def arm(inner: Block) -> Block:
        if inner.fails:
            return inner
        chosen = Block(inner.statements, tuple(inner.results[i] for i in indices))
        return _derived(work, chosen, requests, with_values=with_values)

    with work.inside(block):
        then, orelse = choices.arms(tail, arm)
    if _is_one_constant(then, orelse):
        return Block(block.statements, then.results)
    choice = graph.if_(tail.condition, then, orelse)
    count = len(values) + sum(len(wrt) for _, wrt in requests)
    return Block(block.statements, tuple(graph.result(choice, i) for i in range(count)))


def _tail(work: Sweep, block: Block) -> If | None:
    """The `If` whose results the block returns, where going on in its arms is cheap.

    Not where both arms need the derivative of one more choice: that would be written in both,
    and what it needs again in each.
    """
    first = block.results[0]
    if not isinstance(first, Result):
        return None
    if not all(isinstance(r, Result) and r.of is first.of for r in block.results):
        return None
    before = reachable([let.node for let in block.lets], arms=False)
    if len(before) > MAX_TAIL_WORK:
        return None
    then, orelse = (
        {n for n in reachable(arm.results) if isinstance(n, If) and n in work.active}
        for arm in (first.of.then, first.of.orelse)
    )
    return first.of if then.isdisjoint(orelse) else None


def _is_one_constant(then: Block, orelse: Block) -> bool:
    """Whether two arms give the same numbers, and nothing else happens in them."""
    return (
        then.results == orelse.results
        and not (then.fails or orelse.fails)
        and all(isinstance(r, Number) for r in then.results)
        and not any(isinstance(s, Assert) for s in (*then.statements, *orelse.statements))
    )


def _is_zero(result: Node) -> bool:
    """Whether a gradient is zero everywhere."""
    if isinstance(result, Call) and result.op == "fill":
        result = result.args[0]
    return result is result.graph.zero


def _refuse_complex(program: Program, result: Node) -> None:
    """The derivative of a complex result is no derivative of a real function."""
    if result.type is COMPLEX:
        raise NotDifferentiable(
            f"{program.name} returns a complex number, and derivatives are those of real ones.",
            program.places.get(result),
            "Return .real, .imag or abs(...) of it.",
        )


def _refuse_steps(work: Sweep, wanted: Sequence[Node], results: Sequence[Node]) -> None:
    """A zero that comes from `floor` and the like alone is not given silently."""
    steps = [*work.partials.steps, *_steps_on_arrays(work)]
    indexed = _indexed(work)
    for x, result in zip(wanted, results, strict=True):
        if _is_zero(result):
            step = next((s for s in steps if x in reachable((s,))), None)
            if step is None and isinstance(x, Var):
                # In a structure indices may stand beside what it is derived by.
                step = next((s for s, by in indexed.items() if x in reachable(by)), None)
            if step is not None:
                raise NotDifferentiable(
                    f"The result depends on {work.names.get(x, 'the argument')} only through "
                    "steps, whose derivative is zero wherever it exists.",
                    work.program.places.get(step),
                    "Derive a smooth function, or write 0.0.",
                )


def _steps_on_arrays(work: Sweep) -> list[Node]:
    """The places and counts that the user of a program of arrays wrote.

    Not those that rules have written: the second derivative of a maximum is zero.
    """
    if not work.graph.ranked:
        return []
    written = (
        work.simplifier.normal.written.get(node, node)
        for node in work.simplifier.order(work.program.body.roots())
        if isinstance(node, Call) and node.op in STEPS and node.type.kind != "bool"
    )
    return [node for node in written if node in work.program.places]


def _indexed(work: Sweep) -> dict[Node, list[Node]]:
    """The items that the user of a program of arrays took, and by what, but for lengths."""
    if not work.graph.ranked:
        return {}
    found: dict[Node, list[Node]] = {}
    for node in work.simplifier.order(work.program.body.roots()):
        if isinstance(node, Call) and node.op == "index":
            written = work.simplifier.normal.written.get(node, node)
            if written in work.program.places:
                found[written] = [at for at in node.args[1:] if not _has_length(at)]
    return found


def _has_length(index: Node) -> bool:
    return any(isinstance(n, Call) and n.op in LENGTHS for n in reachable((index,)))
