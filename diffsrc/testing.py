"""Derivatives in tests: `check_grad` raises where one is wrong.

from diffsrc.testing import check_grad

def test_gradient_by_hand():
    check_grad(model, 2.0, 0.5, wrt=(0, 1), against=model_grad)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffsrc.api.options import Wrt
from diffsrc.checking import RTOL, verify

__all__ = ["check_grad"]


def check_grad(
    f: Callable[..., Any],
    /,
    *args: Any,
    wrt: Wrt | Sequence[Wrt] | None = None,
    against: Callable[..., Any] | None = None,
    order: int = 1,
    rtol: float = RTOL,
    **kwargs: Any,
) -> None:
    """Raise an `AssertionError` with the report where a derivative is not right.

    That is so too where it cannot be told, as at a kink: check at another point. The arguments are
    those of `diffsrc.verify`.
    """
    __tracebackhide__ = True  # pytest shows the test, not this
    report = verify(f, *args, wrt=wrt, against=against, order=order, rtol=rtol, **kwargs)
    if not report.ok:
        raise AssertionError(f"\n{report}")
