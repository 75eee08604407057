"""Random programs that go through complex numbers, to second order, against 50 digits."""

import cmath
import itertools
import linecache
import math
import random
import types

import mpmath
import numpy as np
from scipy import special

from diffsrc import grad, hessian

CASES = 120
LONG = 4_000
DIGITS = 50
STEP = mpmath.mpf(10) ** -14
COARSE = mpmath.mpf(10) ** -6
TOLERANCE = 1e-9

ENTIRE = ("exp", "sin", "cos", "sinh", "cosh")
OTHERS = ("sqrt", "log", "tan", "tanh", "asin", "acos", "atan", "asinh", "acosh", "atanh")
NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
NUMPY |= {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}


def _exact_wofz(z):
    return mpmath.exp(-z * z) * mpmath.erfc(-1j * z)


def _exact_names():
    names = {n: getattr(mpmath, n) for n in (*ENTIRE, *OTHERS)}
    names |= {"phase": mpmath.arg, "rect": lambda r, t: r * mpmath.expj(t)}
    library = {**names, **{NUMPY[n]: names[n] for n in NUMPY}, "angle": mpmath.arg, "abs": abs}
    library |= {
        "real": mpmath.re,
        "imag": mpmath.im,
        "conj": mpmath.conj,
        "square": lambda z: z * z,
    }
    return {
        "cmath": types.SimpleNamespace(**names),
        "np": types.SimpleNamespace(**library),
        "special": types.SimpleNamespace(wofz=_exact_wofz, lambertw=mpmath.lambertw),
        "complex": mpmath.mpc,
    }


EXACT = _exact_names()
FLOATS = {"cmath": cmath, "np": np, "special": special}


class Program:
    """A function of x and y as text, with what it computes on the way."""

    def __init__(self, seed):
        self.draw = random.Random(seed)  # noqa: S311 - no secret, a sample
        self.numpy = self.draw.random() < 0.5
        self.real = ["x", "y"]
        self.complex = []
        self.lines = []
        for number in range(self.draw.randint(2, 6)):
            name = f"v{number}"
            if not self.complex or self.draw.random() < 0.8:
                self.lines.append(f"    {name} = {self.number(2)}")
                self.complex.append(name)
            else:
                self.lines.append(f"    {name} = {self.part(self.draw.choice(self.complex))}")
                self.real.append(name)
        self.lines.append(f"    last = {self.number(2)}")
        terms = [self.part(self.draw.choice(self.complex)), self.part("last")]
        self.lines.append(f"    return {' + '.join(terms[self.draw.randint(0, 1) :])}")
        self.text = "\n".join(["def f(x, y):", *self.lines, ""])

    def value(self, depth):
        """A real value."""
        names = [self.draw.choice(self.real), f"{self.draw.randint(1, 9) / 4}"]
        if depth <= 0 or self.draw.random() < 0.5:
            return self.draw.choices(names, (4, 1))[0]
        left, right = self.value(depth - 1), self.value(depth - 1)
        # Not `x - x`, which would lie on the cut of a logarithm.
        return f"({left} {self.draw.choice('+*' if left == right else '+-*')} {right})"

    def number(self, depth):
        """A complex value."""
        draw = self.draw
        if depth <= 0 or draw.random() < 0.2:
            return draw.choice([*self.complex, f"({self.value(1)} + 1j * {self.value(1)})"])
        inner = self.number(depth - 1)
        forms = [
            lambda: f"{self.function()}({inner})",
            lambda: f"{self.function()}({inner})",
            lambda: f"({inner} {draw.choice('+-*/')} {self.number(depth - 1)})",
            lambda: f"({self.value(1)} {draw.choice('+-*/')} {inner})",
            lambda: f"({inner} {draw.choice('+-*/')} {self.value(1)})",
            lambda: f"({inner} ** {draw.choice(['2', '3', '-1', '0.5', '1.5', '(-0.5)', '1j'])})",
            lambda: f"({inner} ** {self.value(0)})",
            lambda: f"{inner}.conjugate()",
            lambda: f"({inner} * {draw.choice(['1j', '2j', '0.5j'])})",
            lambda: f"special.lambertw({inner})",
            # Far out, the derivative of wofz cancels.
            lambda: f"special.wofz({draw.choice(self.complex or ['x'])})",
            lambda: self.made(inner),
        ]
        return draw.choice(forms)()

    def made(self, inner):
        if self.numpy:
            return self.draw.choice([f"np.conj({inner})", f"np.square({inner})"])
        name = self.draw.choice(["complex", "cmath.rect"])
        return f"{name}({self.value(1)}, {self.value(0)})"

    def function(self):
        name = self.draw.choice(ENTIRE if self.draw.random() < 0.4 else OTHERS)
        return f"np.{NUMPY.get(name, name)}" if self.numpy else f"cmath.{name}"

    def part(self, of):
        forms = [f"{of}.real", f"{of}.imag", f"abs({of})", f"abs({of})**2"]
        if self.numpy:
            forms += [f"np.real({of})", f"np.imag({of})", f"np.abs({of})", f"np.angle({of})"]
        else:
            forms += [f"cmath.phase({of})"]
        return self.draw.choice(forms)


def function_of(text, names):
    """The function that a text defines, with its text where `inspect` finds it."""
    filename = f"<complex program {abs(hash(text))}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace = dict(names)
    exec(compile(text, filename, "exec"), namespace)  # noqa: S102 - the text is ours
    return namespace["f"]


def differences(f, point, wrt, step):
    total = mpmath.mpf(0)
    for signs in itertools.product((1, -1), repeat=len(wrt)):
        shifted = list(point)
        for i, sign in zip(wrt, signs, strict=True):
            shifted[i] += sign * step
        total += math.prod(signs) * f(*shifted)
    return total / (2 * step) ** len(wrt)


def truth(f, point, wrt):
    """The derivative to 20 digits and more; None where it is not smooth, or cancels."""
    try:
        with mpmath.workdps(DIGITS):
            where = [mpmath.mpf(x) for x in point]
            fine = differences(f, where, wrt, STEP)
            coarse = differences(f, where, wrt, COARSE)
            size = abs(f(*where)) + abs(fine) + 1
            if not size < 1e4 or abs(fine - coarse) > 1e-6 * size:
                return None
            return float(fine), float(size)
    except (ValueError, ArithmeticError):
        return None


def is_calm(text, point):
    """Whether rounding of the arguments moves the value, and all it is made of, by little."""
    lines = text.splitlines()
    names = [line.split()[0] for line in lines[1:-1]]
    whole = "\n".join([*lines[:-1], f"    return [{', '.join(names)}]", ""])
    f = function_of(whole, EXACT)
    try:
        with mpmath.workdps(DIGITS):
            here = f(*map(mpmath.mpf, point))
            there = f(*(mpmath.mpf(x) * (1 + COARSE) for x in point))
            moved = zip(here, there, strict=True)
            return all(1e-3 < abs(a) < 20 and abs(a - b) < 1e-4 * (1 + abs(a)) for a, b in moved)
    except (ValueError, ArithmeticError):
        return False


def check(seed):
    """Compare gradient and Hessian; gives how many numbers were compared."""
    program = Program(seed)
    f, exact = function_of(program.text, FLOATS), function_of(program.text, EXACT)
    draw = random.Random(seed)  # noqa: S311
    points = [(draw.uniform(0.3, 1.6), draw.uniform(-1.4, 1.4)) for _ in range(3)]
    points = [p for p in points if is_calm(program.text, p)]
    compared = 0
    for order, make in ((1, grad), (2, hessian)):
        df = make(f, wrt=(0, 1)) if points else None
        for point in points:
            wanted = {
                wrt: truth(exact, point, wrt)
                for wrt in itertools.combinations_with_replacement((0, 1), order)
            }
            if None in wanted.values():
                continue
            got = df(*point)
            for wrt, (want, size) in wanted.items():
                value = got[wrt[0]] if order == 1 else got[wrt[0]][wrt[1]]
                found = f"{value!r} for {want!r} at {point}, by {wrt}"
                text = f"seed {seed}: {found}\n{program.text}\n{df.source}"
                assert isinstance(value, float), text
                assert abs(value - want) <= TOLERANCE * size, text
                compared += 1
    return compared


def test_random_programs_of_complex_numbers(request):
    count = LONG if request.config.getoption("--long") else CASES
    compared = sum(check(seed) for seed in range(count))
    assert compared > count
