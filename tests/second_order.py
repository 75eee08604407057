"""The gradient of what a gradient gives, weighted: a second derivative as one would test it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from diffsrc.api.operators import apply, targets_of
from diffsrc.api.options import Operator
from diffsrc.capture import capture
from diffsrc.emit import emit
from diffsrc.ir import Block, Node, Parameter
from diffsrc.ir.arrays import contract
from diffsrc.parse import parse
from diffsrc.simplify import Simplifier
from diffsrc.specialise import signature_of

LIBRARIES = """\
import dataclasses
import math

import numpy as np
from scipy import integrate, linalg, special
"""


class SecondOrder:
    """The gradient of `sum(u * grad(f)(...))`, derived from the derived program, as a function.

    It takes the arguments of `f` and `u0`, `u1`, one for each array or number that is derived by.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        arguments: Mapping[str, Any],
        wrt: str | tuple[str, ...],
        weights: Sequence[Any],
    ) -> None:
        captured = capture(f)
        signature = signature_of(captured, (), dict(arguments))
        parsed = parse(captured, signature)._replace(library="np")
        simplifier = Simplifier(parsed)
        names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
        operator = Operator("grad", names, single=isinstance(wrt, str))
        targets = targets_of(operator, parsed, signature)
        first = apply(operator, parsed, targets, simplifier)
        graph = first.graph
        parameters, terms = [*first.parameters], list[Node]()
        for i, (gradient, value) in enumerate(zip(first.body.results, weights, strict=True)):
            shape = np.shape(value)
            u = graph.array(f"u{i}", tuple("1" if n == 1 else "" for n in shape))
            whole = tuple(range(len(shape)))
            factors = [(gradient, whole), (u, whole)]
            terms.append(contract(graph, factors, (), dict(enumerate(u.type.axes))))
            parameters.append(Parameter(f"u{i}", "KEYWORD_ONLY", u))
        body = Block(first.body.statements, (graph.sum(terms),))
        program = first._replace(body=body, structure=0, parameters=tuple(parameters))
        derived = apply(operator, program, targets, simplifier)
        self.text = emit(simplifier.lowered(derived, "np"), "second", "Second order.")
        scope: dict[str, Any] = dict(f.__globals__)
        exec(compile(f"{LIBRARIES}\n\n{self.text}", "<second>", "exec"), scope)  # noqa: S102 - it is what is tested
        self.function: Callable[..., Any] = scope["second"]

    def __call__(self, **arguments: Any) -> Any:
        return self.function(**arguments)

    def source_for(self, **_: Any) -> str:
        return self.text


def second_order(f: Any, args: Sequence[Any], wrt: int = 0) -> tuple[str, Callable[..., Any]]:
    """The gradient of `sum(u * grad(f, wrt)(*args))`: its text, and a function of `*args, u`."""
    names = list(inspect.signature(f).parameters)
    made = SecondOrder(f, dict(zip(names, args, strict=False)), names[wrt], [args[wrt]])

    def second(*given: Any) -> Any:
        *own, u = given
        return made(**dict(zip(names, own, strict=False)), u0=u)

    return made.text, second
