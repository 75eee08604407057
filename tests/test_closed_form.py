"""Closed forms: each notation says the same, and what the function computes."""

import ast
import math
import operator
import random
import re
import xml.etree.ElementTree as ET
from fractions import Fraction

import numpy as np
import pytest
import sympy

from diffsrc import closed_form
from diffsrc.differentiate import gradients
from diffsrc.emit.boxes import Name
from diffsrc.emit.latex import latex
from diffsrc.emit.notation import ClosedForm
from diffsrc.emit.symbols import Symbol, symbol, symbols
from diffsrc.ir import (
    Assert,
    Block,
    Fail,
    Graph,
    Let,
    Parameter,
    Program,
)
from diffsrc.ops import TABLE
from diffsrc.simplify import Simplifier

NAMESPACE = {
    spelling.rpartition(".")[2]: operation.value
    for operation in TABLE.values()
    for spelling in operation.spellings
    if operation.domain
} | {
    "pi": math.pi,
    "tau": math.tau,
    "e": math.e,
    "math": math,
    "max": max,
    "min": min,
    "undefined": lambda error: math.nan,
    "ValueError": ValueError,
    "AssertionError": AssertionError,
}
OPERATORS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.USub: "neg",
    ast.Not: "not",
    ast.And: "and",
    ast.Or: "or",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
SPELLINGS = {s: o.name for o in TABLE.values() for s in o.spellings}


class Reader:
    """Python text as the as-written nodes that the emitter is given."""

    def __init__(self):
        self.graph = Graph()
        self.variables = {}

    def expression(self, node, names):
        match node:
            case ast.Constant():
                return self.graph.const(node.value)
            case ast.Name():
                if node.id not in names:
                    self.variables[node.id] = names[node.id] = self.graph.var(node.id)
                return names[node.id]
            case ast.BinOp():
                args = node.left, node.right
                return self.call(OPERATORS[type(node.op)], args, names)
            case ast.UnaryOp():
                return self.call(OPERATORS[type(node.op)], [node.operand], names)
            case ast.Compare():
                args = node.left, node.comparators[0]
                return self.call(OPERATORS[type(node.ops[0])], args, names)
            case ast.BoolOp():
                return self.call(OPERATORS[type(node.op)], node.values, names)
            case ast.IfExp():
                arms = (
                    Block((), (self.expression(arm, names),)) for arm in (node.body, node.orelse)
                )
                return self.graph.result(self.choice(node.test, arms, names), 0)
            case ast.Attribute() if ast.unparse(node) in SPELLINGS:
                spelling = ast.unparse(node)
                return self.graph.call(SPELLINGS[spelling], options=(spelling,))
            case ast.Attribute():
                base = self.expression(node.value, names)
                return self.graph.call("attribute", base, options=(node.attr,))
            case ast.Subscript():
                base = self.expression(node.value, names)
                return self.graph.call("item", base, options=(node.slice.value,))
            case ast.Call():
                spelling = ast.unparse(node.func)
                op = SPELLINGS.get(spelling, spelling)
                return self.call(op, node.args, names, (spelling,))
        raise AssertionError(ast.dump(node))

    def call(self, op, args, names, options=()):
        nodes = (self.expression(arg, names) for arg in args)
        return self.graph.call(op, *nodes, options=options)

    def choice(self, test, arms, names):
        return self.graph.if_(self.expression(test, names), *arms)

    def block(self, statements, names):
        names, lets = dict(names), []
        for number, statement in enumerate(statements):
            match statement:
                case ast.Assign():
                    name = statement.targets[0].id
                    names[name] = self.expression(statement.value, names)
                    lets.append(Let(name, names[name]))
                case ast.Assert():
                    condition = self.expression(statement.test, names)
                    lets.append(Assert(condition, None))
                case ast.Raise():
                    template = (ast.unparse(statement.exc),)
                    error = self.graph.call("raise", options=(template,))
                    return Block(tuple(lets), (), Fail(error))
                case ast.If():
                    rest = [*statement.orelse, *statements[number + 1 :]]
                    arms = [self.block(s, names) for s in (statement.body, rest)]
                    of = self.choice(statement.test, arms, names)
                    count = max(len(arm.results) for arm in arms)
                    results = tuple(self.graph.result(of, i) for i in range(count))
                    return Block(tuple(lets), results)
                case ast.Return():
                    value = statement.value
                    several = value.elts if isinstance(value, ast.Tuple) else [value]
                    results = tuple(self.expression(v, names) for v in several)
                    return Block(tuple(lets), results)
        raise AssertionError("no return")


def program(source):
    """The program of a function body, or of one expression."""
    tree = ast.parse(source if "return" in source else f"return {source}")
    reader = Reader()
    body = reader.block(tree.body, {})
    parameters = tuple(
        Parameter(name, "POSITIONAL_OR_KEYWORD", node) for name, node in reader.variables.items()
    )
    structure = 0 if len(body.results) == 1 else tuple(range(len(body.results)))
    return Program("f", reader.graph, parameters, body, structure=structure)


def form(source):
    return ClosedForm(program(source), "f")


def derivative(source, *wrt, library="math"):
    of = program(source)
    simplifier = Simplifier(of)
    derived = gradients(of, [(0, tuple(of.graph.var(w) for w in wrt))], simplifier)
    return ClosedForm(simplifier.lowered(derived, library), of.name, [(w,) for w in wrt])


def evaluated(closed, values):
    """The results by Python's notation."""
    names = NAMESPACE | values
    for name, text in closed.definitions.items():
        names[name] = eval(text, names)  # noqa: S307 # our own text
    return [eval(text, names) for text in closed.results]  # noqa: S307


def called(source, values):
    """The results by running the source itself."""
    lines = (source if "return" in source else f"return {source}").splitlines()
    body = "\n".join(f"    {line}" for line in lines)
    names = NAMESPACE | {"np": _Numpy}
    exec(f"def f({', '.join(values)}):\n{body}", names)  # noqa: S102
    results = names["f"](**values)
    return list(results) if isinstance(results, tuple) else [results]


class _Numpy:
    where = staticmethod(lambda c, a, b: a if c else b)
    sign = staticmethod(TABLE["sign"].value)
    sinc = staticmethod(TABLE["sinc"].value)
    maximum = max
    minimum = min
    square = staticmethod(lambda a: a * a)
    reciprocal = staticmethod(lambda a: 1 / a)


LENNARD_JONES = """
s6 = (sigma / r) ** 6
return 4 * epsilon * (s6**2 - s6)
"""
BLACK_SCHOLES = """
total_vol = sigma * math.sqrt(T)
d1 = (math.log(S / K) + (r + sigma**2 / 2) * T) / total_vol
d2 = d1 - total_vol
n1 = 0.5 * (1 + math.erf(d1 / math.sqrt(2)))
n2 = 0.5 * (1 + math.erf(d2 / math.sqrt(2)))
return S * n1 - K * math.exp(-r * T) * n2
"""
TAX = """
if income <= 11604:
    return 0.0
if income <= 17005:
    y = (income - 11604) / 10000
    return (922.98 * y + 1400) * y
if income <= 277825:
    return 0.42 * income - 10602.13
return 0.45 * income - 18936.88
"""
CHECKED = """
if x <= 0:
    raise ValueError("x must be positive")
assert y > 1
return math.log(x) * y
"""
SHARED = """
u = x * y if x > 0 else x + y
return u * u
"""
FUNCTIONS = """
a = math.log1p(x) + math.expm1(y) + math.exp2(x) + math.cbrt(y)
b = math.log2(x) + math.log10(y) + math.hypot(x, y) + math.radians(x)
c = math.atan2(x, y) + math.asinh(x) + math.gamma(y) + math.lgamma(x)
d = max(x, y) + abs(x - y) + np.sign(x - y) + math.floor(3 * x)
k = (3 * x) % y + (5 * x) // y + math.degrees(x) + math.tau * x + np.sinc(x)
m = math.erf(x) + math.copysign(x, y) + math.ceil(x) + math.fmod(5 * x, y)
n = math.trunc(x * 3) + ((x > 1) - (x < 1)) + math.remainder(x, y)
return a, b, c, d, k, m, n
"""

CORPUS = {
    "polynomial": "5 * x**3 + 2 * x**2 - 4 * x + 8",
    "signs": "-x**2 - (-y) - (x - (y - 3)) + x * -2 - -x * y + (-x) ** 2 + 2 ** -x",
    "quotients": "x / y / 3 * (x + 1) / (2 * (x / y)) + 1 / x - -(x / (y + 1))",
    "powers": "x**0.5 + x**1.5 * math.sqrt(x) ** 3 + (x**2) ** 3 + x**-2 + x**y",
    "roots": "x ** (1 / 3) + (y ** (1 / 2)) ** 2 + y ** (2 / 3)",
    "like factors": "x * (y * x) * math.sqrt(y) * math.sqrt(y) / x / (x * 2) / 3",
    "numbers": "1e-05 * x + 2.5e+30 * y / 1e30 + 0.1 * 3 * x + 30.0",
    "ternaries": "x if x > 1 else y if y > 1 and x > 0.5 or not x < y else x * y",
    "where": "2 * np.where(x > y, x**2, y) + 1",
    "two choices": "(x if x > 1 else y) * (y if y > 1 else 3 - x)",
    "exponentials": "math.exp(-x) * math.exp(x / y) / (1 + math.exp(-x**2))",
    "constants": "math.pi * x + math.e**y",
    "trigonometric": "math.sin(x) ** 2 * math.cos(x * y) ** -1 + math.tanh(x) ** y",
    "functions": FUNCTIONS,
    "numpy": "np.square(x) + np.reciprocal(y) + np.maximum(x, y) - np.minimum(x, 1)",
    "early returns": TAX.replace("income", "(9000 * x + 0 * y)"),
    "checked": CHECKED,
    "shared": SHARED,
    "nested": "if x > 1:\n  if y > 1:\n    return x\n  return y\nreturn x + y",
    "several": "u = x * y\nreturn u * u, (u if x > 1 else 3), x",
}


RELATIONS = {
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
    r"\le": operator.le,
    r"\ge": operator.ge,
    r"\ne": operator.ne,
}
FUNCTION_NAMES = {"arctan": "atan", "arsinh": "asinh", "sgn": "sign", "Gamma": "gamma"}


class Latex:
    """Computes what LaTeX says, by the precedence that a reader gives it."""

    CLOSING = frozenset({"", ")", "]", "}", "|", r"\right", r"\end", "&", r"\\", ",", "/"})

    def __init__(self, text, values):
        pattern = r"\\text\{[^}]*\}|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S"
        self.tokens = [
            t for t in re.findall(pattern, text) if t not in {r"\,", r"\cdot", r"\times"}
        ]
        self.values = values

    def next(self):
        return self.tokens[0] if self.tokens else ""

    def take(self, *wanted):
        piece = self.tokens.pop(0)
        assert not wanted or piece in wanted, (piece, wanted)
        return piece

    def group(self, left="{", right="}"):
        self.take(left)
        value = self.expression()
        self.take(right)
        return value

    def raw(self):
        self.take("{")
        text = ""
        while self.next() != "}":
            text += self.raw_group() if self.next() == "{" else self.take()
        self.take("}")
        return text

    def raw_group(self):
        return "{" + self.raw() + "}"

    def expression(self):
        sign = -1 if self.next() == "-" and self.take() else 1
        total = sign * self.term()
        while self.next() in {"+", "-"}:
            sign = 1 if self.take() == "+" else -1
            total += sign * self.term()
        return total

    def term(self):
        value = self.factor()
        while self.next() not in self.CLOSING | {
            "+",
            "-",
        } | RELATIONS.keys() and not self.next().startswith(r"\text"):
            value *= self.factor()
        return value / self.factor() if self.next() == "/" and self.take() else value

    def factor(self):
        value = self.base()
        if self.next() == "^":
            self.take()
            return value ** self.group()
        return value

    def base(self):
        piece = self.take()
        match piece:
            case r"\frac":
                return self.group() / self.group()
            case r"\sqrt":
                degree = self.group("[", "]") if self.next() == "[" else 2
                inner = self.group()
                return math.sqrt(inner) if degree == 2 else math.cbrt(inner)
            case "(" | r"\left" | "[" | r"\lfloor" | r"\lceil":
                return self.fence(piece)
            case r"\begin":
                return self.cases()
            case r"\pi" | "e":
                return math.pi if piece == r"\pi" else math.e
            case r"\operatorname":
                return self.function(self.raw())
        if piece.lstrip("\\") in NAMESPACE | FUNCTION_NAMES and piece.startswith("\\"):
            return self.function(piece[1:])
        if piece[0].isdigit():
            return float(piece)
        if piece == r"\mathrm":
            piece += self.raw_group()
        if self.next() == "_":
            self.take()
            piece += "_" + self.raw_group()
        return self.values[piece]

    def function(self, name):
        exponent = None
        if self.next() == "_":
            self.take()
            name += self.raw()
        if self.next() == "^":
            self.take()
            exponent = self.group()
        large = self.next() == r"\left" and self.take()
        self.take("(")
        args = [self.expression()]
        while self.next() == ",":
            self.take()
            args.append(self.expression())
        if large:
            self.take(r"\right")
        self.take(")")
        value = NAMESPACE[FUNCTION_NAMES.get(name, name)](*args)
        return value if exponent is None else value**exponent

    def fence(self, piece):
        kind = self.take() if piece == r"\left" else piece
        value = self.condition() if kind == "[" else self.expression()
        if piece == r"\left":
            self.take(r"\right")
        self.take(")", "]", "|", r"\rfloor", r"\rceil")
        apply = {"|": abs, r"\lfloor": math.floor, r"\lceil": math.ceil}
        return apply.get(kind, lambda v: v)(value)

    def cases(self):
        assert self.raw() == "cases"
        found = None
        while True:
            value = self.expression()
            self.take("&")
            otherwise = self.take(r"\text{if }", r"\text{otherwise}") != r"\text{if }"
            if otherwise or self.condition():
                found = value if found is None else found
            if self.take(r"\\", r"\end") == r"\end":
                assert self.raw() == "cases"
                return found

    def condition(self):
        value = self.comparison()
        while self.next() in {r"\text{ and }", r"\text{ or }"}:
            word = self.take()
            other = self.comparison()
            value = value and other if "and" in word else value or other
        return value

    def comparison(self):
        if self.next() == r"\text{not }":
            self.take()
            return not self.comparison()
        if self.next() == "(":
            ahead = list(self.tokens)
            try:
                self.take("(")
                inner = self.condition()
                self.take(")")
            except AssertionError:
                self.tokens = ahead
            else:
                if isinstance(inner, bool):
                    return inner
                self.tokens = ahead
        left, value = self.expression(), True
        assert self.next() in RELATIONS
        while self.next() in RELATIONS:
            holds = RELATIONS[self.take()]
            right = self.expression()
            value, left = value and holds(left, right), right
        return value


def by_latex(closed, values):
    """The results by reading the LaTeX, definitions first."""
    known = {latex(Name(symbol(name))): value for name, value in values.items()}
    text = closed.latex
    if not text.startswith(r"\begin{aligned}"):
        return [Latex(text, known).expression()]
    lines = text.split("\n")[1:-1]
    lines = [line.removesuffix(r" \\") for line in lines]
    number = len(closed.results)
    for line in lines[number:]:
        name, _, value = line.removeprefix(r"\text{where } ").partition(" &= ")
        known[name] = Latex(value, known).expression()
    return [Latex(line.split("&", 1)[1], known).expression() for line in lines[:number]]


UNREAD = {"functions", "checked"}  # by the reader of LaTeX below


@pytest.mark.parametrize("name", CORPUS)
def test_every_notation_computes_what_the_source_computes(name):
    source = CORPUS[name]
    closed = form(source)
    ET.fromstring(closed.mathml)  # noqa: S314 # our own
    check_latex(closed.latex)
    assert closed.pretty
    draw = random.Random(name)  # noqa: S311 # no secret
    for _ in range(20):
        values = {"x": draw.uniform(0.1, 3), "y": draw.uniform(1.1, 3)}
        wanted = called(source, values)
        assert evaluated(closed, values) == pytest.approx(wanted, rel=1e-12)
        assert by_sympy(closed, values) == pytest.approx(wanted, rel=1e-9)
        if name not in UNREAD:
            assert by_latex(closed, values) == pytest.approx(wanted, rel=1e-12)


def by_sympy(closed, values):
    results = closed.sympy if len(closed.results) > 1 else [closed.sympy]
    names = [sympy.Symbol(name, real=True) for name in values]
    functions = [sympy.lambdify(names, r, "mpmath") for r in results]
    return [float(function(*values.values())) for function in functions]


def check_latex(text):
    """Braces, environments and `\\left` close; what follows a command is no letter."""
    depth = 0
    for char in re.sub(r"\\[{}]", "", text):
        depth += (char == "{") - (char == "}")
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") - text.count(r"\lefta") == text.count(r"\right")
    stack = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    known = """
    alpha beta gamma Gamma psi lambda mu sigma varepsilon omega Omega pi rho theta phi
    frac sqrt left right cdot times text mathrm operatorname begin end partial infty
    sin cos tan sinh cosh tanh arcsin arccos arctan log exp max min le ge ne
    lfloor rfloor lceil rceil
    """
    assert set(re.findall(r"\\([a-zA-Z]+)", text)) <= set(known.split())


def test_seed_polynomial():
    closed = derivative("5 * x**3 + 2 * x**2 + 4 * x + 8", "x")
    assert str(closed) == "15 * x**2 + 4 * x + 4"
    assert closed.pretty == "15 x² + 4 x + 4"
    assert closed.latex == "15 x^{2} + 4 x + 4"
    assert closed._repr_latex_() == r"$\displaystyle 15 x^{2} + 4 x + 4$"
    x = sympy.Symbol("x", real=True)
    assert closed.sympy == 15 * x**2 + 4 * x + 4
    assert repr(closed) == "<ClosedForm 15 * x**2 + 4 * x + 4>"


def test_a_constant_is_written_as_one_says_it():
    assert str(form("30.0")) == "30"
    assert form("2.0 * x").latex == "2 x"


def test_short_formulas_have_their_values_written_out():
    closed = derivative(LENNARD_JONES, "r")
    assert closed.definitions == {}
    assert "s6" not in str(closed)
    assert r"\left(\frac{\sigma}{r}\right)^{6}" in closed.latex
    assert closed.latex.startswith(r"\frac{24 \varepsilon ")


def test_long_formulas_keep_the_users_names():
    closed = derivative(BLACK_SCHOLES, "S", "K", "T", "r", "sigma")
    assert {"d1", "d2"} <= set(closed.definitions)
    assert " where total_vol = sigma * sqrt(T), d1 = (log(S / K)" in str(closed)
    assert r"\text{where } \mathrm{total\_vol} &= \sigma \sqrt{T}" in closed.latex
    assert "\nwhere\n" in closed.pretty
    values = {"S": 42.0, "K": 40.0, "T": 0.5, "r": 0.1, "sigma": 0.2}
    wanted = evaluated(closed, values)
    assert wanted[0] == pytest.approx(0.7791312909426690)
    assert by_sympy(closed, values) == pytest.approx(wanted, rel=1e-9)
    for name, value in wanted_by_differences(BLACK_SCHOLES, values).items():
        assert wanted[list(values).index(name)] == pytest.approx(value, rel=1e-6)


def wanted_by_differences(source, values):
    def at(name, shift):
        moved = values | {name: values[name] + shift}
        return called(source, moved)[0]

    h = 1e-6
    return {n: (at(n, h) - at(n, -h)) / (2 * h) for n in values}


def test_early_returns_are_one_list_of_cases():
    closed = derivative(TAX, "income")
    assert closed.latex.count(r"\begin{cases}") == 1
    assert closed.latex.count(r"\text{if }") == 3
    assert closed.latex.endswith(r"0.45 & \text{otherwise} \end{cases}")
    assert r"\le 277825" in closed.latex
    assert str(closed).startswith("0 if income <= 11604 else ")
    assert [str(c) for _, c in closed.sympy.args][:1] == ["income <= 11604"]
    assert closed.pretty.splitlines()[0].startswith("⎧ 0 ")
    assert closed.pretty.splitlines()[-1].split() == ["⎩", "0.45", "otherwise"]
    assert ET.fromstring(closed.mathml).tag.endswith("math")  # noqa: S314


def test_choices_inside_are_moved_outside_while_that_is_short():
    closed = derivative(SHARED, "x")
    assert str(closed) == "2 * x * y**2 if x > 0 else 2 * (x + y)"
    assert closed.pretty == ("⎧ 2 x y²     if x > 0\n⎨\n⎩ 2 (x + y)  otherwise")


def test_nested_ifs_give_joined_conditions():
    closed = form(CORPUS["nested"])
    assert r"x & \text{if } x > 1 \text{ and } y > 1 \\ y & \text{if } x > 1 \\" in (closed.latex)


def test_errors_are_named_as_cases():
    closed = form(CHECKED)
    assert "undefined(ValueError) if x <= 0 else " in str(closed)
    assert r"\text{undefined (ValueError)} & \text{if } x \le 0" in closed.latex
    assert "undefined (AssertionError)" in closed.pretty
    assert closed.sympy.subs({"x": -1}).has(sympy.nan) or closed.sympy.has(sympy.nan)


LATEX = {
    "x * 2": "2 x",
    "2 * (3 * x)": "6 x",
    "x * 2**y": r"x \cdot 2^{y}",
    "a - (b + c)": "a - (b + c)",
    "a + (b - c)": "a + b - c",
    "a + -b": "a - b",
    "x + math.radians(-y)": r"x - \frac{\pi y}{180}",
    "-(a + b) / c": r"-\frac{a + b}{c}",
    "(a + b) / (c * d)": r"\frac{a + b}{c d}",
    "(a + b) * c": "c (a + b)",
    "(-x) ** 2": "(-x)^{2}",
    "(x / y) ** 2": r"\left(\frac{x}{y}\right)^{2}",
    "math.exp(-x)": "e^{-x}",
    "math.exp(-(x**2) / 2)": r"\exp\left(-\frac{x^{2}}{2}\right)",
    "abs(x - 1)": r"\left|x - 1\right|",
    "math.sqrt(x + 1)": r"\sqrt{x + 1}",
    "math.sqrt(x) ** 3": "x^{3/2}",
    "math.erf(x)": r"\operatorname{erf}(x)",
    "math.log(x) / math.log2(x)": r"\frac{\log(x)}{\log_{2}(x)}",
    "math.sin(x) ** 2": r"\sin^{2}(x)",
    "math.sin(x) ** -1": r"\frac{1}{\sin(x)}",
    "math.asin(x)": r"\arcsin(x)",
    "k_m * d1 * v_max": r"k_{m} d_{1} v_{\mathrm{max}}",
    "rate * total_vol": r"\mathrm{rate} \, \mathrm{total\_vol}",
    "omega_0 * lambda_ * Omega": r"\omega_{0} \lambda \Omega",
    "6.02e23 * x": r"6.02 \times 10^{23} x",
    "self.mass * x[0]": r"\mathrm{mass} \, x_{0}",
    "x1 * x_1": r"x_{1} \, \mathrm{x\_1}",
    "math.pi * pi": r"\pi \, \mathrm{pi}",
    "math.exp(e)": r"\exp(e)",
    "x**(1 / 3)": "x^{1/3}",
    "(x > 0) * y": "y [x > 0]",
    "math.lgamma(x)": r"\log(\left|\Gamma(x)\right|)",
    "my_function(x, 2)": r"\operatorname{my\_function}(x, 2)",
    "x if a < b and b <= c else y": (
        r"\begin{cases} x & \text{if } a < b \le c \\ "
        r"y & \text{otherwise} \end{cases}"
    ),
    "2 * (x if a != b else y) + z": (
        r"\begin{cases} 2 x + z & \text{if } a \ne b \\ "
        r"2 y + z & \text{otherwise} \end{cases}"
    ),
}


@pytest.mark.parametrize("source", LATEX)
def test_latex(source):
    assert form(source).latex == LATEX[source]


PRETTY = {
    "x**2 + k_m": "x² + kₘ",
    "math.exp(-x) * math.pi": "π e⁻ˣ",
    "math.sqrt(x + 1) * math.sqrt(2)": "√(x + 1) √2",
    "(a + b) / c": "a + b\n─────\n  c",
    "1 - (x / y) ** 2": "    ⎛x⎞²\n1 - ⎜─⎟\n    ⎝y⎠",
    "math.exp(-r * T)": " -r T\ne",
    "K_B * target_x * t_12": "K_B target_x t₁₂",
    "1e-7 * x": "10⁻⁷ x",
    "abs(x) + math.floor(y)": "|x| + ⌊y⌋",
}


@pytest.mark.parametrize("source", PRETTY)
def test_pretty(source):
    assert form(source).pretty == PRETTY[source]


PYTHON = {
    "np.square(x) / math.sqrt(y)": "x**2 / sqrt(y)",
    "a * (b * (c * a))": "a**2 * b * c",
    "a / b / c": "a / (b * c)",
    "a + -b * c": "a - b * c",
    "np.where(x > 0, x, -x)": "x if x > 0 else -x",
    "math.gamma(gamma) * math.e * e": "math.gamma(gamma) * math.e * e",
    "(x > 0) - (x < 0)": "(x > 0) - (x < 0)",
    "0.1 * (0.2 * x)": "0.02 * x",
    "x, 2 * x": "(x, 2 * x)",
}


@pytest.mark.parametrize("source", PYTHON)
def test_python(source):
    text = f"return {source}" if "," in source and "(" not in source else source
    assert str(form(text)) == PYTHON[source]


def test_mathml_escapes_and_keeps_signs():
    closed = form("x if a < b else -y")
    root = ET.fromstring(closed.mathml)  # noqa: S314
    texts = ["".join(e.itertext()) for e in root.iter() if e.tag.endswith("mo")]
    assert "<" in texts
    assert "−" in texts  # a minus sign
    assert "&lt;" in closed.mathml


def test_labels_name_what_was_differentiated():
    closed = ClosedForm(program("return f, x, y, x * y"), "f", [(), ("x",), ("x", "x"), ("x", "y")])
    assert r"\frac{\partial f}{\partial x} &= x" in closed.latex
    assert r"\frac{\partial^{2} f}{\partial x^{2}} &= y" in closed.latex
    assert r"\frac{\partial^{2} f}{\partial x \partial y} &= x y" in closed.latex
    assert "∂²f\n─── = y\n∂x²" in closed.pretty


def test_results_keep_their_structure():
    nested = program("return x, y, x * y")
    nested = Program("f", nested.graph, nested.parameters, nested.body, structure=((0, 1), 2))
    assert str(ClosedForm(nested, "f")) == "((x, y), x * y)"


def test_names_are_never_given_twice():
    terms = " + ".join(f"math.sin({k} * y + {k + 1})" for k in range(30))
    source = f"y = x * x + y2\ny = y * math.sin(y)\ny = {terms}\nreturn y * y2 * {terms}"
    closed = form(source)
    assert len(set(closed.definitions)) == len(closed.definitions)
    assert not set(closed.definitions) & {"x", "y2"}
    values = {"x": 0.3, "y2": 0.7}
    assert evaluated(closed, values) == pytest.approx(called(source, values))


def test_symbols():
    assert symbol("sigma2") == Symbol("σ", ("2",))
    assert symbol("v_max") == Symbol("v", ("max",))
    assert symbol("_x") == Symbol("x")
    assert symbol("_") == Symbol("_")
    assert symbol("p.w") == Symbol("p.w")
    names = ["x1", "x_1", "_x1", "sigma", "σ"]
    assert len(set(symbols(names).values())) == len(names)


def repeated(line, count):
    return "y = x\n" + f"{line}\n" * count + "return y"


@pytest.mark.parametrize(
    ("source", "point"),
    [
        (repeated("y = math.sin(y)", 5000), 0.5),
        (repeated("y = math.sin(y) * math.exp(y)", 12), 0.5),
        (repeated("y = y * y + x", 200), 0.001),
        (repeated("y = x - y", 3000), 0.5),
        (repeated("y = np.where(y > x, y + 1, x)", 200), 0.5),
    ],
    ids=["deep", "doubled", "squared", "differences", "choices"],
)
def test_large_programs_stay_linear(source, point):
    closed = form(source)
    python, latex = str(closed), closed.latex
    assert len(python) < 60 * len(source)
    check_latex(latex)
    assert closed.pretty
    ET.fromstring(closed.mathml)  # noqa: S314
    wanted = called(source, {"x": point})
    assert evaluated(closed, {"x": point}) == pytest.approx(wanted, rel=1e-9)


def test_long_sums_stay_one_sum():
    count = 1500
    source = "s = x\n" + "".join(f"s = s + x / {k}\n" for k in range(2, count))
    closed = form(source + "return s")
    assert closed.definitions == {}
    assert str(closed).count("+") == count - 2
    assert closed.latex.count(r"\frac") == count - 2
    assert closed.pretty
    total = sum(Fraction(1, k) for k in range(1, 50))
    assert float(total) < evaluated(closed, {"x": 1.0})[0]


def test_long_chains_of_returns():
    lines = [f"if x < {k}:\n    return x**{k}" for k in range(2, 80)]
    closed = form("\n".join(lines) + "\nreturn 0")
    assert closed.latex.count(r"\\") == len(lines)
    assert len(closed.sympy.args) == len(lines) + 1
    assert evaluated(closed, {"x": 2.5}) == [2.5**3]


def random_source(draw, depth, names):
    if depth == 0 or draw.random() < 0.15:
        return draw.choice([*names, *names, "2", "0.5", "3"])
    a, b, c = (random_source(draw, depth - 1, names) for _ in range(3))
    return draw.choice(
        [
            f"({a} + {b})",
            f"({a} - {b})",
            f"({a} * {b})",
            f"({a} * {b})",
            f"({a} / (1 + ({b}) ** 2))",
            f"(-{a})",
            f"({a}) ** 2",
            f"math.sqrt(1 + ({a}) ** 2)",
            f"math.sqrt(1 + ({a}) ** 2) ** 3",
            f"math.tanh({a})",
            f"abs({a}) ** 1.5",
            f"({a} if {b} > {c} else {b})",
            f"math.cos({a}) ** 3",
        ]
    )


def test_random_formulas_by_python_and_sympy(long):
    draw = random.Random(1)  # noqa: S311 # no secret
    for _ in range(2000 if long else 60):
        lines = [f"{name} = {random_source(draw, 3, 'xy')}" for name in ("u", "v")]
        inner = random_source(draw, 4, "xyuv")
        source = "\n".join([*lines, f"return {inner}, u * v + x * y"])
        values = {"x": draw.uniform(-2, 2), "y": draw.uniform(-2, 2)}
        closed = form(source)
        wanted = called(source, values)
        assert evaluated(closed, values) == pytest.approx(wanted, rel=1e-9, abs=1e-9)
        check_latex(closed.latex)
        ET.fromstring(closed.mathml)  # noqa: S314
        assert closed.pretty
        got = by_latex(closed, values)
        assert got == pytest.approx(wanted, rel=1e-9, abs=1e-9)
        got = by_sympy(closed, values)
        assert got == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_formulas_have_no_care_for_bases_of_zero():
    assert str(closed_form(lambda x, n: x**n)) == "n * x ** (n - 1)"
    assert closed_form(lambda x, n: x**n, wrt=1).latex == r"x^{n} \log(x)"
    assert "if" not in str(closed_form(lambda x: np.sinc(2 * x)))
