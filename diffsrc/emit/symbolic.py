"""Formulas as SymPy expressions, as they are written; symbols are real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffsrc.emit.fold import fold
from diffsrc.emit.formula import Formula
from diffsrc.ir import Call, Const, Node, Var
from diffsrc.ops import TABLE

Expression = Any  # SymPy ships no types
Table = dict[str, Callable[..., Expression]]

RELATIONS = {"lt": "Lt", "le": "Le", "gt": "Gt", "ge": "Ge", "eq": "Eq", "ne": "Ne"}


def symbolic(formula: Formula) -> Expression:
    """The result as SymPy has it; several are a `Tuple`."""
    import sympy

    table = operations(sympy)
    done: dict[Node, Expression] = {}

    def form(node: Node) -> Expression:
        match node:
            case Const(value=complex() as value):
                size = int(value.imag) if value.imag.is_integer() else value.imag
                return sympy.I * size
            case Const(value=bool() | int() | float() as value):
                return sympy.sympify(value)
            case Const():
                # Not `sympify`, which runs strings.
                return sympy.Symbol(repr(node.value))
            case Var():
                return sympy.Symbol(node.name, real=True)
            case Call():
                args = [done[arg] for arg in node.args]
                if node.op in table:
                    return table[node.op](*args)
                known = TABLE.get(node.op)
                if known and known.sympy:
                    function = getattr(sympy, known.sympy)
                    return function(*args) if args else function
                return sympy.Function(str(node.options[0]))(*args)
            case _:
                raise AssertionError(f"a {type(node).__name__} is not part of a formula")

    for part in formula.definitions:
        done[part.node] = fold(part.value, done, form)
    results = [fold(node, done, form) for node in formula.results]
    return results[0] if len(results) == 1 else sympy.Tuple(*results)


def operations(sympy: Any) -> Table:
    """What SymPy has no function for, or another convention."""
    half, three = sympy.Rational(1, 2), sympy.Integer(3)

    def condition(value: Expression) -> Expression:
        boolean = value.is_Boolean or value.is_Relational
        return value if boolean else sympy.Ne(value, 0)

    def select(test: Expression, then: Expression, orelse: Expression) -> Expression:
        holds = condition(test)
        if holds in {sympy.true, sympy.false}:
            return then if holds else orelse
        rest = orelse.args if isinstance(orelse, sympy.Piecewise) else [(orelse, True)]
        # Evaluating, SymPy may turn a condition round and round for ever.
        return sympy.Piecewise((then, holds), *rest, evaluate=False)

    def number(value: Expression) -> Expression:
        """A condition in arithmetic is 1 where it holds, else 0."""
        boolean = value.is_Boolean or value.is_Relational
        return sympy.Piecewise((1, value), (0, True)) if boolean else value

    def truncated(x: Expression) -> Expression:
        return sympy.sign(x) * sympy.floor(sympy.Abs(x))

    def rounded(x: Expression) -> Expression:
        """The nearest integer, halves to the even one."""
        half_way = sympy.Eq(sympy.Mod(x, 2), half)
        return sympy.floor(x + half) - sympy.Piecewise((1, half_way), (0, True))

    # fmt: off
    table: Table = {
        "add": lambda a, b: number(a) + number(b),
        "sub": lambda a, b: number(a) - number(b),
        "mul": lambda a, b: number(a) * number(b),
        "div": lambda a, b: number(a) / number(b),
        "neg": lambda a: -number(a),
        "pow": lambda a, b: a**b,
        "floordiv": lambda a, b: sympy.floor(a / b),
        "mod": lambda a, b: a - b * sympy.floor(a / b),
        "fmod": lambda a, b: a - b * truncated(a / b),
        "remainder": lambda a, b: a - b * rounded(a / b),
        "trunc": truncated,
        "round": lambda a, digits=0: rounded(a * 10**digits) / 10**digits,
        "tau": lambda: 2 * sympy.pi,
        "complex": lambda a, b=0: a + sympy.I * b,
        "rect": lambda r, angle: r * sympy.exp(sympy.I * angle),
        "wofz": lambda z: sympy.exp(-(z**2)) * sympy.erfc(-sympy.I * z),
        "cbrt": lambda a: sympy.sign(a) * sympy.Abs(a) ** (1 / three),
        "exp2": lambda a: 2**a,
        "expm1": lambda a: sympy.exp(a) - 1,
        "log2": lambda a: sympy.log(a) / sympy.log(2),
        "log10": lambda a: sympy.log(a) / sympy.log(10),
        "log1p": lambda a: sympy.log(1 + a),
        "logaddexp": lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)),
        "logaddexp2": lambda a, b: sympy.log(2**a + 2**b) / sympy.log(2),
        "hypot": lambda *a: sympy.sqrt(sympy.Add(*(x**2 for x in a))),
        "sinc": lambda a: sympy.sinc(sympy.pi * a),
        "radians": lambda a: a * sympy.pi / 180,
        "degrees": lambda a: a * 180 / sympy.pi,
        "lgamma": lambda a: sympy.log(sympy.Abs(sympy.gamma(a))),
        "copysign": lambda a, b: select(sympy.Ge(b, 0), sympy.Abs(a), -sympy.Abs(a)),
        "heaviside": sympy.Heaviside,
        "clip": lambda x, a, b: sympy.Min(sympy.Max(x, a), b),
        "nan_to_num": lambda a: a,
        "isnan": lambda a: sympy.Eq(a, sympy.nan),
        "isinf": lambda a: sympy.Eq(sympy.Abs(a), sympy.oo),
        "isfinite": lambda a: sympy.Ne(sympy.Abs(a), sympy.oo),
        "undefined": lambda *a: sympy.nan,
        "select": select,
        "and": lambda a, b: sympy.And(condition(a), condition(b)),
        "or": lambda a, b: sympy.Or(condition(a), condition(b)),
        "not": lambda a: sympy.Not(condition(a)),
    }
    # fmt: on
    return table | special(sympy) | {op: getattr(sympy, name) for op, name in RELATIONS.items()}


def special(sympy: Any) -> Table:
    """Special functions that SymPy has under other arguments."""
    exp, log, erf, root = sympy.exp, sympy.log, sympy.erf, sympy.sqrt(2)

    def scaled(name: str, order: int | None, sign: int) -> Callable[..., Expression]:
        bessel = getattr(sympy, name)
        if order is None:
            return lambda n, x: bessel(n, x) * exp(sign * (x if sign > 0 else sympy.Abs(x)))
        return lambda x: bessel(order, x) * exp(sign * (x if sign > 0 else sympy.Abs(x)))

    # fmt: off
    table: Table = {
        "erfcx": lambda x: exp(x**2) * sympy.erfc(x),
        "erfcinv": lambda x: sympy.erfinv(1 - x),
        "dawsn": lambda x: sympy.sqrt(sympy.pi) / 2 * exp(-(x**2)) * sympy.erfi(x),
        "ndtr": lambda x: (1 + erf(x / root)) / 2,
        "ndtri": lambda p: root * sympy.erfinv(2 * p - 1),
        "log_ndtr": lambda x: log((1 + erf(x / root)) / 2),
        "rgamma": lambda x: 1 / sympy.gamma(x),
        "betaln": lambda a, b: log(sympy.Abs(sympy.beta(a, b))),
        "gammainc": lambda a, x: sympy.lowergamma(a, x) / sympy.gamma(a),
        "gammaincc": lambda a, x: sympy.uppergamma(a, x) / sympy.gamma(a),
        "expit": lambda x: 1 / (1 + exp(-x)),
        "logit": lambda p: log(p / (1 - p)),
        "log_expit": lambda x: -log(1 + exp(-x)),
        "softplus": lambda x: log(1 + exp(x)),
        "xlogy": lambda x, y: x * log(y),
        "xlog1py": lambda x, y: x * log(1 + y),
        "entr": lambda x: -x * log(x),
        "rel_entr": lambda x, y: x * log(x / y),
        "kl_div": lambda x, y: x * log(x / y) - x + y,
        "pseudo_huber": lambda d, r: d**2 * (sympy.sqrt(1 + (r / d) ** 2) - 1),
        "exp10": lambda x: 10**x,
        "cosm1": lambda x: sympy.cos(x) - 1,
        "exp1": lambda x: sympy.expint(1, x),
        "spence": lambda x: sympy.polylog(2, 1 - x),
        "ellipkm1": lambda p: sympy.elliptic_k(1 - p),
        "hyp0f1": lambda b, x: sympy.hyper((), (b,), x),
        "hyp1f1": lambda a, b, x: sympy.hyper((a,), (b,), x),
        "hyp2f1": lambda a, b, c, x: sympy.hyper((a, b), (c,), x),
        "i0e": scaled("besseli", 0, -1),
        "i1e": scaled("besseli", 1, -1),
        "ive": scaled("besseli", None, -1),
        "k0e": scaled("besselk", 0, 1),
        "k1e": scaled("besselk", 1, 1),
        "kve": scaled("besselk", None, 1),
    }
    # fmt: on
    for letter, name in (("j", "besselj"), ("y", "bessely"), ("i", "besseli"), ("k", "besselk")):
        for order in (0, 1):
            bessel = getattr(sympy, name)
            table[f"{letter}{order}"] = lambda x, f=bessel, n=order: f(n, x)
    return table
