"""What is asked for: operators with their options, and what the result is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from diffsrc.specialise.shapes import Shapes

Wrt = int | str


class Operator(NamedTuple):
    """One of the operators of the public interface with its options.

    Attributes:
        kind: its name, such as `grad`.
        wrt: what it derives by; `single` if that was not a tuple.
        order: of `derivative`.
        has_aux: whether the function returns `(value, aux)`.
        stack: whether a Jacobian is one array, with a column for each of `wrt`.
    """

    kind: str
    wrt: tuple[Wrt, ...]
    single: bool
    order: int = 1
    has_aux: bool = False
    stack: bool = False

    @property
    def suffix(self) -> str:
        if self.kind == "derivative" and self.order > 1:
            return f"derivative{self.order}"
        return self.kind


class Options:
    """What is common to all operators.

    Attributes:
        target: "python" or "numpy"; None follows the source.
        shapes: the axes of arguments, by what they are for.
    """

    def __init__(self, target: str | None = None, shapes: object = None) -> None:
        if target not in {None, "python", "numpy"}:
            raise ValueError(f"target={target!r} is neither 'python' nor 'numpy'")
        self.target = target
        self.shapes: Shapes = {}
        if shapes is not None:
            from diffsrc.specialise.shapes import checked_shapes

            self.shapes = checked_shapes(shapes)

    def over(self, inner: Options) -> Options:
        """These options, with the shapes of a derivative that is derived once more."""
        both = Options(self.target)
        both.shapes = dict(sorted({**inner.shapes, **self.shapes}.items()))
        return both


def function_name(name: str, operators: Sequence[Operator]) -> str:
    """The name of the emitted function: `f_grad`, `f_grad_grad`."""
    base = name if name.isidentifier() else "f"
    return "_".join([base, *(operator.suffix for operator in operators)])
