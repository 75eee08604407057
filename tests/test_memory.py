"""What may show the memory of others is known of every operation, and never written to."""

import warnings

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.special

from diffsrc import UnsupportedSyntax, grad
from diffsrc.ops import TABLE
from diffsrc.ops.arrays import ARRAYS, complete
from diffsrc.ops.memory import SAME, SEVERAL, VIEWS

ARGUMENTS = [
    np.arange(1.0, 5.0),
    np.arange(1.0, 17.0).reshape(4, 4) + 20 * np.eye(4),
    np.arange(4),
    np.arange(1.0, 9.0).reshape(1, 4, 2),
    np.full((4, 4), True),
]
OTHER = np.arange(2.0, 6.0)
MORE = [(), (0,), (1,), (0, 1), ((4, 4),), ((2, 2),), (0, 0), (OTHER,)]


def functions():
    """Each operation with the functions that it may be written as, and its method."""
    complete()
    for name, operation in [*ARRAYS.items(), *TABLE.items()]:
        for spelling in operation.spellings:
            first, *rest = spelling.split(".")
            found = {"np": np, "scipy": scipy}.get(first)
            for part in rest:
                found = getattr(found, part, None)  # np.trapz is gone
            if callable(found):
                yield name, found
        method = getattr(operation, "method", "")
        if method:
            yield name, getattr(np.ndarray, method)


def shown(function, argument):
    """The numbers of the arrays that a function is given and shows; None where it never ran."""
    found = None
    # LAPACK has errors of its own for arguments that it does not know.
    lapack = str(getattr(function, "__module__", "")).startswith("scipy.linalg")
    for more in MORE[:1] if lapack else MORE:
        if isinstance(function, np.ufunc) and len(more) >= function.nin:
            continue  # that would be `out`
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = function(argument, *more)
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
            continue
        parts = result if isinstance(result, tuple | list) else (result,)
        arrays = [part for part in parts if isinstance(part, np.ndarray)]
        given = [(i, a) for i, a in enumerate((argument, *more)) if isinstance(a, np.ndarray)]
        found = found or set()
        found |= {i for i, a in given if any(np.shares_memory(a, part) for part in arrays)}
    return found


def test_what_shares_memory_is_a_view():
    first, others, ran = set(), set(), set()
    for name, function in functions():
        for argument in ARGUMENTS:
            found = shown(function, argument)
            if found is not None:
                ran.add(name)
                first |= {name for i in found if i == 0}
                others |= {name for i in found if i > 0}
    assert len(ran) > 200
    assert first <= VIEWS | SAME.keys() | {"np.polyder"}  # of no order, which is refused
    assert others <= SEVERAL | {"trunc"}  # np.fix writes into its second


def test_a_cast_may_give_what_it_is_given():
    k = np.arange(3)
    assert np.shares_memory(k, k.astype(int, copy=False))
    assert {"np.astype", "np.as_integers"} <= VIEWS


def with_real_part(x, w):
    return 0.5 * np.sum(x.real * x.real) + np.sum(x[1:])


def with_no_difference(x, w):
    y = np.diff(x, 0)
    return 0.5 * np.sum(y * y) + np.sum(x[1:] ** 2)


def with_first_power(x, w):
    y = np.linalg.matrix_power(x, 1)
    return 0.5 * np.sum(y * y) + np.sum(x[1:])


def chosen_by_a_number(x, w):
    return np.sum(x * np.select([w[0, 0] > 0], [w], 0.0))


def chosen_by_an_expression(x, w):
    return np.sum(x * (w if w[0, 0] > 0 else 2 * w))


def second_of_several(x, w):
    y = x * 1.0
    b = np.broadcast_arrays(w, y)[1]
    return 0.5 * np.sum(b * b) + np.sum(y[1:])


def a_part(x, w):
    return np.sum(x * np.round(w).astype(float)) + np.sum(x * +w)


@pytest.mark.parametrize(
    "f",
    [
        with_real_part,
        with_no_difference,
        with_first_power,
        chosen_by_a_number,
        chosen_by_an_expression,
        second_of_several,
        a_part,
    ],
)
def test_nothing_that_was_given_changes(f):
    """Neither where the derivative runs, nor where its result is written to."""
    args = np.arange(9.0).reshape(3, 3), np.arange(1.0, 10.0).reshape(3, 3)
    kept = [np.copy(arg) for arg in args]
    df = grad(f)
    df.source_for(*args)
    for function in (df, df.function):
        function(*args)[...] = 7
        for arg, before in zip(args, kept, strict=True):
            np.testing.assert_array_equal(arg, before)


def test_what_several_names_show_is_not_changed():
    def masked(w, x):
        y = x * 1.0
        b = np.broadcast_arrays(w, y)[1]
        y[y > 2] = 0.0
        return np.sum(w * y) + np.sum(w * b)

    with pytest.raises(UnsupportedSyntax, match="others may see it"):
        grad(masked)(np.ones(3), np.arange(3.0))
