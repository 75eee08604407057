"""The gradient of what a gradient gives, weighted: a second derivative as one would test it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

from diffsrc.api.operators import apply, targets_of
from diffsrc.api.options import Operator
from diffsrc.capture import capture
from diffsrc.emit import emit
from diffsrc.ir import Block, Parameter
from diffsrc.ir.arrays import contract
from diffsrc.parse import parse
from diffsrc.simplify import Simplifier
from diffsrc.specialise import signature_of


def second_order(f: Any, args: Sequence[Any], wrt: int = 0) -> tuple[str, Any]:
    """The text of `df2(*args, u)`, the gradient of `sum(u * grad(f)(*args))`, and the function."""
    captured = capture(f)
    signature = signature_of(captured, tuple(args), {})
    parsed = parse(captured, signature)._replace(library="np")
    simplifier = Simplifier(parsed)
    operator = Operator("grad", (wrt,), single=True)
    targets = targets_of(operator, parsed, signature)
    first = apply(operator, parsed, targets, simplifier)
    graph = first.graph
    (gradient,) = first.body.results
    axes = tuple("1" if n == 1 else "" for n in np.shape(args[wrt]))
    u = graph.array("u", axes)
    whole = tuple(range(len(axes)))
    weighted = contract(graph, [(gradient, whole), (u, whole)], (), dict(enumerate(u.type.axes)))
    body = Block(first.body.statements, (weighted,))
    program = first._replace(
        body=body,
        structure=0,
        parameters=(*first.parameters, Parameter("u", "POSITIONAL_OR_KEYWORD", u)),
    )
    second = apply(operator, program, targets, simplifier)
    text = emit(simplifier.lowered(second, "np"), "second", "Second.")
    scope: dict[str, Any] = {"np": np, "linalg": scipy.linalg, "special": scipy.special}
    exec(compile(text, "<second>", "exec"), scope)  # noqa: S102 - the text is what is tested
    return text, scope["second"]
