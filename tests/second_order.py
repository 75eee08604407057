"""The gradient of what a gradient gives, weighted: a second derivative as one would test it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from diffsrc.api.derive import taken_names
from diffsrc.api.guard import shapes_of
from diffsrc.api.operators import apply, targets_of
from diffsrc.api.options import Operator
from diffsrc.capture import capture
from diffsrc.emit import emit
from diffsrc.emit.constants import folded
from diffsrc.errors import ShapeError
from diffsrc.ir import Block, Node, Parameter
from diffsrc.ir.arrays import contract, labels_of
from diffsrc.ir.shapes import is_unit
from diffsrc.parse import parse
from diffsrc.simplify import Simplifier
from diffsrc.specialise import Signature, signature_of

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
        self.captured = capture(f)
        self.signature = signature_of(self.captured, (), dict(arguments))
        self.names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
        self.single = isinstance(wrt, str)
        self.shapes = [np.shape(value) for value in weights]
        self.globals = f.__globals__
        try:
            self._derive(self.signature, exact=False)
        except ShapeError:
            self._derive(self.signature.with_lengths(), exact=True)

    def _derive(self, signature: Signature, *, exact: bool) -> None:
        parsed = parse(self.captured, signature)._replace(library="np")
        simplifier = Simplifier(parsed)
        operator = Operator("grad", self.names, single=self.single)
        targets = targets_of(operator, parsed, signature)
        first = apply(operator, parsed, targets, simplifier)
        graph = first.graph
        leaves = [node for target in targets for node in target.nodes]
        parameters, terms = [*first.parameters], list[Node]()
        for i, (gradient, shape) in enumerate(zip(first.body.results, self.shapes, strict=True)):
            u = graph.array(f"u{i}", tuple(str(n) if exact or n == 1 else "" for n in shape))
            whole = tuple(range(len(shape)))
            factors = [(node, labels_of(node.type.axes, whole)) for node in (gradient, u)]
            sizes = {i: size for i, size in enumerate(u.type.axes) if not is_unit(size)}
            terms.append(contract(graph, factors, (), sizes))
            parameters.append(Parameter(f"u{i}", "KEYWORD_ONLY", u))
        body = Block(first.body.statements, (graph.sum(terms),))
        program = first._replace(body=body, structure=0, parameters=tuple(parameters))
        lowered = simplifier.lowered(apply(operator, program, targets, simplifier), "np")
        shapes = shapes_of(program, signature, simplifier, lowered, leaves)
        guards = [] if shapes is None else shapes.lines("second")
        constants = folded(lowered, taken_names(lowered))
        named = {constant.node: constant.name for constant in constants}
        text = emit(lowered, "second", "Second order.", named=named, guards=guards)
        self.text = "\n".join([*(constant.line for constant in constants), "", "", text])
        scope: dict[str, Any] = dict(self.globals)
        exec(compile(f"{LIBRARIES}\n\n{self.text}", "<second>", "exec"), scope)  # noqa: S102 - it is what is tested
        self.function: Callable[..., Any] = scope["second"]

    def __call__(self, **arguments: Any) -> Any:
        """The function's value, derived anew or given floats where calls of derivatives do so."""
        for again in (self._with_floats, self._of_lengths):
            try:
                return self.function(**arguments)
            except ValueError as error:
                if not str(error).startswith("second is written for"):
                    raise
                arguments = again(arguments, str(error))
        return self.function(**arguments)

    def _with_floats(self, arguments: dict[str, Any], message: str) -> dict[str, Any]:
        _, _, names = message.rpartition("with floats in ")
        integers = {
            name: value.astype(float)
            for name, value in arguments.items()
            if name in names.split() and getattr(value, "dtype", np.dtype(float)).kind in "iu"
        }
        return arguments | integers

    def _of_lengths(self, arguments: dict[str, Any], _: str) -> dict[str, Any]:
        self._derive(self.signature.with_lengths(), exact=True)
        return arguments

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
