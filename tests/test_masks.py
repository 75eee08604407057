"""Arrays that change in place where a mask says so."""

import importlib

import numpy as np
import pytest

import diffsrc.ops.integers as integers_module
import diffsrc.parse.kinds as kinds_module
import diffsrc.parse.masks as masks_module
from diffsrc import DiffsrcError, ShapeError, UnsupportedSyntax, derivative, value_and_grad
from diffsrc.capture import capture
from diffsrc.ir import reachable
from diffsrc.parse import parse
from diffsrc.specialise import signature_of

TINY = 1e-3
X = np.array([-1.5, -0.2, 0.0004, 0.7, 2.0])


def floored(x, a):
    b = a * np.sin(x)
    b[np.abs(b) <= TINY] = TINY
    return x / b


def floored_by_where(x, a):
    b = a * np.sin(x)
    b = np.where(np.abs(b) <= TINY, TINY, b)
    return x / b


def clipped(x, a):
    y = a * x
    y[y < 0] = 0
    return y * y


def clipped_by_where(x, a):
    y = a * x
    y = np.where(y < 0, 0, y)
    return y * y


def by_parameter(x, a):
    y = np.exp(x)
    y[x > 1] = a
    y[np.where(x < 0)] = a**2
    y[np.nonzero(~(x > -1))] = 3.0
    return y * x


def by_parameter_by_where(x, a):
    y = np.exp(x)
    y = np.where(x > 1, a, y)
    y = np.where(x < 0, a**2, y)
    y = np.where(~(x > -1), 3.0, y)
    return y * x


def augmented(x, a):
    y = np.cos(x) * a
    y[x > 0] *= a
    y[x < 0] += 2.0
    y[(x > 1) | (x < -1)] -= a
    y[y > 0.5] /= a
    return y


def augmented_by_where(x, a):
    y = np.cos(x) * a
    y = np.where(x > 0, y * a, y)
    y = np.where(x < 0, y + 2.0, y)
    y = np.where((x > 1) | (x < -1), y - a, y)
    return np.where(y > 0.5, y / a, y)


def other_items(x, a):
    y = np.exp(-x)
    other = a * x**2
    y[x > 0] = other[x > 0]
    return y


def other_items_by_where(x, a):
    return np.where(x > 0, a * x**2, np.exp(-x))


def argument(x, a):
    x[x <= TINY] = TINY
    return np.log(x) * a


def argument_by_where(x, a):
    return np.log(np.where(x <= TINY, TINY, x)) * a


def helped(x, a):
    return positive(a * x) + positive(a + x)


def positive(x):
    y = x * 1.0
    y[y < 0] = 0.0
    return y


def helped_by_where(x, a):
    return np.where(a * x < 0, 0.0, a * x) + np.where(a + x < 0, 0.0, a + x)


def complex_items(x, a):
    z = np.exp(1j * a * x)
    z[x > 0] = 2j
    return np.abs(z + x) + z.real


def complex_items_by_where(x, a):
    z = np.where(x > 0, 2j, np.exp(1j * a * x))
    return np.abs(z + x) + z.real


PAIRS = [
    (floored, floored_by_where),
    (clipped, clipped_by_where),
    (by_parameter, by_parameter_by_where),
    (augmented, augmented_by_where),
    (other_items, other_items_by_where),
    (argument, argument_by_where),
    (helped, helped_by_where),
    (complex_items, complex_items_by_where),
]


@pytest.mark.parametrize(("f", "same"), PAIRS)
@pytest.mark.parametrize("wrt", ["x", "a"])
def test_it_is_the_choice_that_numpy_makes(f, same, wrt):
    x = X.copy()
    value, slope = value_and_grad(f, wrt=wrt)(x, 1.3)
    want, want_slope = value_and_grad(same, wrt=wrt)(x, 1.3)
    assert np.array_equal(x, X)
    assert value.tobytes() == want.tobytes() == f(X.copy(), 1.3).tobytes()
    assert np.allclose(slope, want_slope, rtol=1e-14, atol=0)


@pytest.mark.parametrize(("f", "same"), PAIRS)
@pytest.mark.parametrize("wrt", ["x", "a"])
def test_it_is_what_differences_say(f, same, wrt):
    step, point = 1e-6, {"x": X + 0.01, "a": 1.3}
    up, down = ({**point, wrt: point[wrt] + s} for s in (step, -step))
    differences = (same(**up) - same(**down)) / (2 * step)
    assert np.allclose(derivative(f, wrt=wrt)(**point), differences, rtol=1e-7, atol=1e-8)


def test_the_text_says_where():
    text = value_and_grad(clipped, wrt="a").source_for(X, 1.3)
    assert "    y2 = np.where(y < 0, 0, y)\n" in text
    assert "np.where(y < 0, 0.0, 2 * x * y)" in derivative(clipped, wrt="a").source_for(X, 1.3)


def test_the_type_of_float32_is_kept():
    got = derivative(clipped, wrt="x")(X.astype(np.float32), 1.3)
    assert got.dtype == np.float32


# Refused


def no_mask(x):
    y = x * 2.0
    y[0] = 1.0
    return y


def a_slice(x):
    y = x * 2.0
    y[1:] = 1.0
    return y


def two_names(x):
    y = x * 2.0
    z = y
    y[x > 0] = 1.0
    return z


def in_a_tuple(x):
    y = x * 2.0
    both = (y, 1.0)
    y[x > 0] = 1.0
    return both[0]


def in_a_default(x):
    y = x * 2.0
    later = lambda z=y: z
    y[x > 0] = 1.0
    return later()


def a_view(x):
    z = np.exp(1j * x)
    r = z.real
    r[x > 0] = 1.0
    return z.real


def a_view_of_a_real_array(x):
    y = x * 2.0
    r = np.real(y)
    r[x > 0] = 1.0
    return y


def a_view_in_place(x):
    z = np.exp(1j * x)
    r = z.real
    r *= 2.0
    return z.real


def a_view_from_before(x):
    z = np.exp(1j * x)
    r = z.real
    z[x > 0] = 0.0
    return r


def a_view_of_the_argument(x):
    r = np.real(x)
    x[x > 0] = 0.0
    return r


def one_of_two(x, a):
    y = x * a
    z = y if a > 0 else x * 3.0
    y[x > 0] = 0.0
    return z


def another_name_of_the_argument(x):
    y = x
    y[x > 0] = 1.0
    return x


def two_arguments(x, y):
    x[x > 0] = 1.0
    return x * y


def other_shape(x, y):
    z = x * y
    z[x > 0] = 1.0
    return z


def whole_array(x):
    y = x * 2.0
    y[x > 0] = x * 3.0
    return y


def other_mask(x):
    y = x * 2.0
    z = x * 3.0
    y[x > 0] = z[x < 0]
    return y


def complex_value(x):
    y = x * 2.0
    y[x > 0] = 1j
    return y


def power_in_place(x):
    y = x * 2.0
    y[x > 0] **= 0.5
    return y


def changed_by_a_helper(x):
    y = x * 2.0
    change(y)
    return y


def change(y):
    y[y > 0] = 0.0


REFUSED = [
    (no_mask, "y[0]"),
    (a_slice, "y[1:]"),
    (two_names, "y[x > 0]"),
    (in_a_tuple, "y[x > 0]"),
    (in_a_default, "y[x > 0]"),
    (a_view, "r[x > 0]"),
    (a_view_of_a_real_array, "r[x > 0]"),
    (a_view_in_place, "r *= 2.0"),
    (a_view_from_before, "z[x > 0]"),
    (a_view_of_the_argument, "x[x > 0]"),
    (one_of_two, "y[x > 0]"),
    (another_name_of_the_argument, "y[x > 0]"),
    (two_arguments, "x[x > 0]"),
    (other_shape, "z[x > 0]"),
    (whole_array, "x * 3.0"),
    (other_mask, "z[x < 0]"),
    (complex_value, "y[x > 0]"),
    (power_in_place, "y[x > 0]"),
    (changed_by_a_helper, "y[y > 0]"),
]


@pytest.mark.parametrize(("f", "marked"), REFUSED, ids=lambda v: getattr(v, "__name__", v))
def test_what_others_may_see_is_refused(f, marked):
    numbers = {"a": 1.3}
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    arrays = [numbers.get(name, X.copy()) for name in names]
    with pytest.raises(UnsupportedSyntax) as caught:
        derivative(f)(*arrays)
    error = caught.value
    assert error.file == __file__
    assert error.suggestion
    line, carets = str(error).splitlines()[2:4]
    start = carets.index("^")
    assert line[start : carets.rindex("^") + 1] == marked


def test_a_number_has_no_items():
    with pytest.raises(UnsupportedSyntax, match="A number has no items: Python would raise"):
        derivative(clipped)(2.0, 1.3)
    with pytest.raises(TypeError):
        clipped(2.0, 1.3)


def test_before_any_call_it_is_not_known():
    with pytest.raises(ShapeError, match="What 'y' is decides"):
        _ = derivative(clipped).source


def test_integers_would_be_rounded():
    x = np.array([-1, 0, 2, 3])
    by_x, by_a = derivative(argument, wrt="x"), derivative(argument, wrt="a")
    assert by_a(X[3:], 2.0) == pytest.approx(np.log(X[3:]))
    with pytest.raises(DiffsrcError, match="array of integers"):
        by_a(x, 2.0)
    with pytest.raises(DiffsrcError, match="array of integers"):
        by_x(x, 2.0)
    assert by_a(X[3:], 2.0) == pytest.approx(np.log(X[3:]))


def test_a_number_that_becomes_an_array_is_looked_at_anew():
    df = derivative(floored, wrt="x")
    df(X + 0.01, 1.3)
    with pytest.raises(UnsupportedSyntax, match="differ in shape"):
        derivative(other_shape, wrt="x")(X, X)
    got = derivative(other_shape, wrt="x")(X + 0.01, 2.0)
    assert np.array_equal(got, np.where(X > -0.01, 0.0, 2.0))
    shared = derivative(other_shape, wrt="x")
    shared(X, 2.0)
    with pytest.raises(UnsupportedSyntax, match="differ in shape"):
        shared(X, X)


def test_reading_grows_with_the_number_of_masks(tmp_path, monkeypatch):
    """What was changed before is not gone through for each change."""
    calls = []
    for count in (80, 160):
        masks = [f"    b[b > {i}.5] = {i}.25" for i in range(count)]
        name = f"masks_{count}"
        lines = ["import numpy as np", "def f(x, a):", "    b = a * np.sin(x)", *masks]
        (tmp_path / f"{name}.py").write_text("\n".join([*lines, "    return b", ""]))
        monkeypatch.syspath_prepend(tmp_path)
        captured = capture(importlib.import_module(name).f)
        signature = signature_of(captured, (X, 1.3), {})
        looked_at = 0
        for module in (masks_module, kinds_module, integers_module):

            def counted(*args, **kwargs):
                nonlocal looked_at
                found = reachable(*args, **kwargs)
                looked_at += len(found)
                return found

            monkeypatch.setattr(module, "reachable", counted)
        parse(captured, signature)
        monkeypatch.undo()
        calls.append(looked_at)
    assert 0 < calls[1] <= 2.2 * calls[0]


def put_other(x):
    b = np.abs(x)
    b[b < 0.6] = x[x > 0]
    return b


def test_what_is_no_mask_is_not_called_one():
    with pytest.raises(
        UnsupportedSyntax, match="The items of this array are chosen by another mask"
    ):
        derivative(put_other)(np.array([0.1, 2.0]))
