"""The public operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

from diffsrc.api.options import Operator, Options, Wrt
from diffsrc.api.result import Derivative

Function = Callable[..., Any]
Shapes = Mapping[str, str | Sequence[str | int]]
Decorator = Callable[[Function], Derivative]


def _operator(  # noqa: PLR0913 - the options of all operators meet here
    kind: str,
    f: Function | None,
    wrt: Wrt | Sequence[Wrt],
    *,
    order: int = 1,
    has_aux: bool = False,
    stack: bool = False,
    shapes: Shapes | None = None,
    target: str | None = None,
) -> Any:
    """The derivative of `f`, or the decorator that makes it."""
    single = isinstance(wrt, int | str)
    names = (wrt,) if isinstance(wrt, int | str) else wrt
    plain = type(names) in (tuple, list) and all(type(n) in (int, str) for n in names)
    if not plain or not names:
        raise TypeError(f"wrt={wrt!r} is no position or name of an argument, or tuple of them")
    if len(set(names)) < len(names):
        raise ValueError(f"wrt={wrt!r} names an argument twice")
    operator = Operator(kind, tuple(names), single, order, has_aux, stack)
    options = Options(target, shapes)
    if f is None:
        return lambda function: _operator(
            kind,
            function,
            wrt,
            order=order,
            has_aux=has_aux,
            stack=stack,
            shapes=shapes,
            target=target,
        )
    if not callable(f):
        raise TypeError(f"{kind} takes a function, not {type(f).__name__}")
    return Derivative(f, operator, options)


@overload
def grad(
    f: Function,
    wrt: Wrt | Sequence[Wrt] = 0,
    *,
    has_aux: bool = False,
    shapes: Shapes | None = None,
    target: str | None = None,
) -> Derivative: ...
@overload
def grad(
    f: None = None,
    wrt: Wrt | Sequence[Wrt] = 0,
    *,
    has_aux: bool = False,
    shapes: Shapes | None = None,
    target: str | None = None,
) -> Decorator: ...
def grad(
    f: Function | None = None,
    wrt: Wrt | Sequence[Wrt] = 0,
    *,
    has_aux: bool = False,
    shapes: Shapes | None = None,
    target: str | None = None,
) -> Derivative | Decorator:
    """Return the gradient of a scalar function, as a function of the same arguments.

    Args:
        f: the function; without it, a decorator is returned.
        wrt: what to derive by: a position or name of a parameter, or a tuple of them. One gives a
            bare result, a tuple a tuple.
        has_aux: whether `f` returns `(value, aux)`; the result then is `(gradient, aux)`.
        shapes: the axes of arguments, as in `{"X": "m n", "w": "n", "c": ""}`: a name, or a length,
            for each. It tells ranks before any call; one of another rank is an error.
        target: "python" or "numpy", which functions are written; by default as in the source.

    Raises:
        DiffsrcError: at the first call or the first look at the result, what cannot be derived.
        ValueError: `wrt` names nothing.

    >>> @grad
    ... def f(x):
    ...     return 5 * x**3 + 2 * x**2 + 4 * x + 8
    >>> f(2.0)
    72.0
    """
    return _operator("grad", f, wrt, has_aux=has_aux, shapes=shapes, target=target)  # type: ignore[no-any-return] # as overloaded


def value_and_grad(
    f: Function | None = None,
    wrt: Wrt | Sequence[Wrt] = 0,
    *,
    has_aux: bool = False,
    shapes: Shapes | None = None,
    target: str | None = None,
) -> Any:
    """Return `(value, gradient)`; the value is bit for bit that of `f`.

    With `has_aux` the result is `((value, aux), gradient)`. Arguments as of `grad`.
    """
    return _operator("value_and_grad", f, wrt, has_aux=has_aux, shapes=shapes, target=target)


def derivative(
    f: Function | None = None,
    wrt: Wrt | Sequence[Wrt] = 0,
    *,
    order: int = 1,
    shapes: Shapes | None = None,
    target: str | None = None,
) -> Any:
    """Return the pointwise derivative of the given order.

    Arrays give arrays of the broadcast shape. Arguments as of `grad`.

    Raises:
        ValueError: `order` is not positive.
    """
    if not isinstance(order, int) or isinstance(order, bool):
        raise TypeError(f"order={order!r} is no integer")
    if order < 1:
        raise ValueError(f"order={order!r} is not positive")
    return _operator("derivative", f, wrt, order=order, shapes=shapes, target=target)


def jacobian(
    f: Function | None = None,
    wrt: Wrt | Sequence[Wrt] = 0,
    *,
    stack: bool = False,
    shapes: Shapes | None = None,
    target: str | None = None,
) -> Any:
    """Return `d f_i / d x_j`; of a function that returns a tuple, a tuple of rows.

    With `stack` the result is one array, of the shape of what `f` returns and a last axis that
    counts the `wrt`: what `scipy.optimize.curve_fit` and `least_squares` want as `jac`. Other
    arguments as of `grad`.

    Raises:
        ValueError: `stack` is asked for with a single `wrt` that is not in a tuple.
    """
    if stack and isinstance(wrt, int | str):
        raise ValueError(f"stack=True takes a tuple of wrt, not wrt={wrt!r}")
    return _operator("jacobian", f, wrt, stack=stack, shapes=shapes, target=target)


def hessian(
    f: Function | None = None,
    wrt: Wrt | Sequence[Wrt] = 0,
    *,
    shapes: Shapes | None = None,
    target: str | None = None,
) -> Any:
    """Return the second derivatives; by several `wrt`, a nested tuple of rows.

    Arguments as of `grad`.
    """
    return _operator("hessian", f, wrt, shapes=shapes, target=target)
