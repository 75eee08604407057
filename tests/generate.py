"""Random functions as source text, each with points where it is smooth.

Expressions are evaluated while they are written, at a few points at once, so that every function
stays in its domain; an arm of a branch need only be defined where it is taken.
"""

from __future__ import annotations

import ast
import math
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import special

LEAST, MOST = 1e-4, 1e4  # sizes of values that are met on the way
TRIES = 6

# Parameters and locals; some are names that emitted code likes for its own.
PARAMETERS = ("x", "y", "z", "t", "theta", "a", "b", "scale", "sigma", "q")
LOCALS = (
    "u",
    "v",
    "w",
    "r",
    "s",
    "k",
    "total",
    "ratio",
    "power",
    "exp_x",
    "sin_x",
    "d_u",
    "d_x",
    "choice",
    "p_plus_q",
    "h2",
)
WILD = ("x", "u", "v", "w")
TAKEN = {"abs", "pow", "round", "e", *PARAMETERS, *LOCALS}

# What a function needs of its argument, and ways to get there.
GUARDS = {
    "positive": (
        "{u}**2 + {c}",
        "{exp}({u})",
        "{abs}({u}) + {c}",
        "{hypot}({u}, {c})",
        "1 + {exp}(-{u})",
    ),
    "unit": (
        "{sin}({u})",
        "{u} / (1 + {abs}({u}))",
        "{tanh}({u})",
        "1 / (1.5 + {u}**2)",
        "0.3 * {cos}({u})",
    ),
    "above_one": ("1 + {exp}({u})", "1.5 + {u}**2", "{cosh}({u}) + {c}"),
    "small": ("{sin}({u})", "{u} / {c}", "0.1 * {u}", "{atan}({u})"),
    "any": ("{u}",),
}

# fmt: off
UNARY = {
    "math": {
        "positive": "sqrt log log2 log10 gamma lgamma",
        "unit": "asin acos atanh log1p",
        "above_one": "acosh",
        "small": "exp exp2 expm1 sinh cosh tan erf erfc tanh",
        "any": "sin cos atan asinh cbrt fabs radians degrees",
    },
    "np": {
        "positive": "sqrt log log2 log10",
        "unit": "arcsin arccos arctanh log1p",
        "above_one": "arccosh",
        "small": "exp exp2 expm1 sinh cosh tan tanh reciprocal",
        "any": "sin cos arctan arcsinh cbrt square positive negative abs absolute fabs sinc "
               "deg2rad rad2deg radians degrees nan_to_num sign",
    },
}
BINARY = {
    "math": "hypot atan2 copysign fmod remainder pow log",
    "np": "hypot arctan2 copysign maximum minimum fmax fmin fmod remainder mod power float_power "
          "logaddexp logaddexp2 add subtract multiply divide true_divide heaviside",
}
STEPS = {"math": "floor ceil trunc", "np": "floor ceil trunc rint"}
# fmt: on

INTEGERS = (2, 2, 2, 3, 3, 4, 5, -1, -2, -3, 1, 0)
REALS = (0.5, 1.5, 2.5, -0.5, 2.0, 3.0, 0.3, -1.2)


@dataclass
class Case:
    """A function of a module's text, and where to derive it.

    Attributes:
        points: keyword arguments; floats are what can be derived by.
        wrt: the names of those.
        arrays: whether it takes arrays of them too.
    """

    text: str
    name: str
    points: list[dict[str, object]]
    wrt: tuple[str, ...]
    arrays: bool


@dataclass
class Scope:
    """What is known at one place of a function.

    Attributes:
        active: the numbers of the points that come here.
        values: of every name, one for each point.
    """

    active: tuple[int, ...]
    values: dict[str, list[object]]
    assignable: list[str] = field(default_factory=list)

    def under(self, answers: list[bool | None], wanted: bool) -> Scope:
        """The scope of an arm; if no point comes to it, of all of them."""
        active = tuple(i for i in self.active if answers[i] is wanted)
        return Scope(active or self.active, dict(self.values), list(self.assignable))


class Rejected(Exception):
    """No value could be found that is defined at all points."""


class Module:
    """The text of a module while it is written."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.library = source.choice(("math", "math", "np"))
        self.arrays = self.library == "np" and source.random() < 0.6
        self.style = source.choice(("plain", "plain", "from", "as"))
        self.imported: set[str] = set()
        self.special: set[str] = set()
        self.namespace: dict[str, object] = {"math": math, "np": np, "special": special}
        self.constants = {
            name: source.choice((0.75, 1.7, 2, 0.1, 3.0))
            for name in ("GAIN", "LIMIT")
            if source.random() < 0.5
        }
        self.namespace |= self.constants
        self.helpers: list[Helper] = []

    def spelled(self, name: str) -> str:
        """A function of the library, in the module's style of imports."""
        if name in {"abs", "max", "min", "round", "int", "float"}:
            return name
        if self.style == "from":
            alias = f"{name}_" if name in TAKEN else name
            self.imported.add(f"{name} as {alias}" if alias != name else name)
            self.namespace[alias] = getattr(math if self.library == "math" else np, name)
            return alias
        if self.style == "as":
            alias = "m" if self.library == "math" else "numpy"
            self.namespace[alias] = math if self.library == "math" else np
            return f"{alias}.{name}"
        return f"{self.library}.{name}"

    def header(self) -> str:
        full = "math" if self.library == "math" else "numpy"
        if self.style == "from":
            lines = [f"from {full} import {', '.join(sorted(self.imported))}"]
            lines = lines if self.imported else []
        elif self.style == "as":
            lines = [f"import {full} as m" if full == "math" else "import numpy"]
        else:
            lines = ["import math" if full == "math" else "import numpy as np"]
        if self.special:
            lines.append(f"from scipy.special import {', '.join(sorted(self.special))}")
        constants = [f"{name} = {value!r}" for name, value in self.constants.items()]
        return "\n".join([*lines, "", *constants, "", ""])


@dataclass
class Helper:
    """A function that others call; `modes` are those of its static argument."""

    name: str
    count: int
    modes: tuple[str, ...]
    text: str


class Writer:
    """Writes one function."""

    def __init__(self, module: Module, scope: Scope, statics: dict[str, object]) -> None:
        self.module = module
        self.random = module.random
        self.scope = scope
        self.statics = statics
        self.lines: list[str] = []
        self.fresh = [n for n in LOCALS if n not in scope.values]
        self.random.shuffle(self.fresh)
        # An array has no truth value, and is changed in place by `+=`.
        self.pointwise = module.arrays

    # Values

    def evaluated(self, text: str) -> list[object]:
        """The values of an expression at the active points.

        Raises:
            Rejected: at one of them there is none.
        """
        code = compile(text, "<expression>", "eval")
        values: list[object] = [None] * self.count
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for i in self.scope.active:
                own = {name: of[i] for name, of in self.scope.values.items()}
                try:
                    values[i] = eval(code, self.module.namespace, own)  # noqa: S307
                except (ArithmeticError, AssertionError, ValueError, TypeError) as error:
                    raise Rejected from error
        return values

    @property
    def count(self) -> int:
        return max(len(of) for of in self.scope.values.values())

    def defined(self, text: str) -> bool:
        """Whether an expression has a moderate value at every active point."""
        try:
            values = self.evaluated(text)
        except Rejected:
            return False
        numbers = [values[i] for i in self.scope.active]
        return all(
            not isinstance(v, complex) and (v == 0 or LEAST < abs(v) < MOST) for v in numbers
        )

    # Expressions

    def number(self) -> str:
        """A literal or a constant of the module."""
        choice = self.random.random()
        if choice < 0.2 and self.module.constants:
            return self.random.choice(list(self.module.constants))
        if choice < 0.6:
            return str(self.random.randint(1, 6))
        if choice < 0.63:
            return self.module.spelled("pi")
        if choice < 0.66:
            return f"{self.module.spelled('sqrt')}({self.random.randint(2, 6)})"
        if choice < 0.7:
            return repr(float(self.random.randint(1, 4)))
        return repr(round(self.random.uniform(0.1, 3.0), self.random.choice((1, 1, 2, 3))))

    def leaf(self) -> str:
        names = [n for n, of in self.scope.values.items() if self.usable(of)]
        if names and self.random.random() < 0.85:
            return self.random.choice(names)
        return self.number()

    def usable(self, values: list[object]) -> bool:
        return all(
            isinstance(values[i], int | float) and not isinstance(values[i], bool | str)
            for i in self.scope.active
        )

    def expression(self, depth: int) -> str:
        """An expression defined at the active points, in parentheses where it needs them."""
        for _ in range(TRIES):
            try:
                text = self.attempt(depth)
            except Rejected:
                continue
            if self.defined(text):
                return text
        return self.leaf()

    def live(self, depth: int) -> str:
        """An expression with a variable in it, as far as one is found."""
        for _ in range(TRIES):
            text = self.expression(depth)
            names = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
            if names & self.scope.values.keys() - self.statics.keys():
                break
        return text

    def attempt(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf()
        forms: dict[Callable[[int], str], int] = {
            self.sum_or_product: 8,
            self.power: 3,
            self.unary: 7,
            self.binary: 3,
            self.extreme: 1,
            self.choice: 1,
            self.called: 2 if self.module.helpers else 0,
            self.odd: 1,
        }
        form = self.random.choices(list(forms), list(forms.values()))[0]
        return form(depth - 1)

    def sum_or_product(self, depth: int) -> str:
        operator = self.random.choice("++--**//")
        left = self.expression(depth)
        right = self.expression(self.random.randint(0, depth))
        if left == right and operator in "-/":
            operator = "*"
        if operator == "/" and not self.defined(f"1 / {right}"):
            right = f"({self.guarded(right, 'positive')})"
        return f"({left} {operator} {right})"

    def power(self, depth: int) -> str:
        base = self.live(depth)
        choice = self.random.random()
        if choice < 0.6:
            exponent = str(self.random.choice(INTEGERS))
            counts = [n for n, v in self.statics.items() if type(v) is int]
            if counts and self.random.random() < 0.3:
                exponent = self.random.choice(counts)
            if exponent[0] == "-" or exponent in counts:
                exponent = f"({exponent})" if self.random.random() < 0.5 else exponent
            return f"({base} ** {exponent})"
        if not self.defined(f"({base}) ** 0.5"):
            base = f"({self.guarded(base, 'positive')})"
        if choice < 0.85:
            return f"({base} ** {self.random.choice(REALS)})"
        return f"({base} ** {self.expression(min(depth, 1))})"

    def guarded(self, text: str, needs: str) -> str:
        """An expression of `text` that lies in a domain."""
        names = {
            name: self.module.spelled(spelling)
            for name, spelling in {
                "exp": "exp",
                "abs": "abs",
                "hypot": "hypot",
                "sin": "sin",
                "cos": "cos",
                "cosh": "cosh",
                "tanh": "tanh",
                "atan": "atan" if self.module.library == "math" else "arctan",
            }.items()
            if f"{{{name}}}" in "".join(GUARDS[needs])
        }
        form = self.random.choice(GUARDS[needs])
        return form.format(u=text, c=self.random.choice(("0.5", "1", "2", "1.3")), **names)

    def unary(self, depth: int) -> str:
        library = self.module.library
        kinds = [(n, needs) for needs, names in UNARY[library].items() for n in names.split()]
        name, needs = self.random.choice(kinds)
        if name == "sign" or self.random.random() < 0.04:
            return self.stepped(depth)
        function = self.module.spelled(name)
        if library == "np" and self.random.random() < 0.06:
            function = self.random.choice(("erf", "erfc", "gamma", "gammaln"))
            needs = "positive" if function.startswith("g") else "any"
            self.module.special.add(function)
            self.module.namespace[function] = getattr(special, function)
        argument = self.live(depth)
        if not self.defined(f"{function}({argument})"):
            argument = self.guarded(argument, needs)
        return f"{function}({argument})"

    def stepped(self, depth: int) -> str:
        """A step, beside something smooth."""
        argument = self.live(depth)
        if self.module.library == "np" and self.random.random() < 0.5:
            step = f"{self.module.spelled('sign')}({argument})"
        else:
            name = self.random.choice(STEPS[self.module.library].split())
            step = f"{self.module.spelled(name)}({argument})"
        return (
            f"({argument} - {step})" if self.random.random() < 0.5 else f"({step} * {self.leaf()})"
        )

    def binary(self, depth: int) -> str:
        name = self.random.choice(BINARY[self.module.library].split())
        left, right = self.live(depth), self.expression(min(depth, 1))
        if name in {"pow", "power", "float_power"}:
            if self.random.random() < 0.6:
                right = self.random.choice(("2", "3", "2.0", "0.5", "-1.0", "1.5"))
            if not self.defined(f"({left}) ** 0.5"):
                left = self.guarded(left, "positive")
        if name == "log":
            if not self.defined(f"{self.module.spelled('log')}({left})"):
                left = self.guarded(left, "positive")
            right = self.random.choice(("2", "10", "3.5", f"(1.5 + {right}**2)"))
        if name == "heaviside":
            right = "0.5"
            return f"({self.module.spelled(name)}({left}, {right}) * {self.leaf()})"
        return f"{self.module.spelled(name)}({left}, {right})"

    def extreme(self, depth: int) -> str:
        parts = [self.expression(depth) for _ in range(self.random.choice((2, 2, 2, 3)))]
        if self.pointwise:
            name = self.random.choice(("maximum", "minimum", "clip"))
            if name == "clip":
                low, high = self.random.choice((("-1", "1"), ("None", "0.5"), ("0.1", "2.5")))
                return f"{self.module.spelled('clip')}({parts[0]}, {low}, {high})"
            return f"{self.module.spelled(name)}({parts[0]}, {parts[1]})"
        choice = self.random.random()
        if choice < 0.2:
            return f"abs({parts[0]})"
        if choice < 0.4:
            return f"min(max({parts[0]}, -1), {self.random.choice(('1', '1.5'))})"
        return f"{self.random.choice(('max', 'min'))}({', '.join(parts)})"

    def condition(self, depth: int) -> tuple[str, list[bool | None]]:
        left, right = self.live(depth), self.expression(min(depth, 1))
        if left == right:
            raise Rejected
        comparison = self.random.choice(("<", ">", "<=", ">="))
        text = f"{left} {comparison} {right}"
        choice = self.random.random()
        if self.pointwise:
            if choice < 0.15:
                name = self.module.spelled(self.random.choice(("logical_and", "logical_or")))
                text = f"{name}({text}, {self.leaf()} < {self.number()})"
            elif choice < 0.3:
                text = f"({text}) {self.random.choice('&|')} ({self.leaf()} < {self.number()})"
        elif choice < 0.1:
            text = f"-{self.number()} < {left} <= {self.number()}"
        elif choice < 0.25:
            both = self.random.choice(("and", "or"))
            text = f"{text} {both} {self.leaf()} > {self.number()}"
        elif choice < 0.3:
            text = f"not {left} < {right}"
        values = self.evaluated(text)
        return text, [None if v is None else bool(v) for v in values]

    def under(self, answers: list[bool | None], wanted: bool, write: Callable[[], str]) -> str:
        """What is written where a condition has an answer."""
        whole, self.scope = self.scope, self.scope.under(answers, wanted)
        try:
            return write()
        finally:
            self.scope = whole

    def choice(self, depth: int) -> str:
        condition, answers = self.condition(depth)
        arms = [
            self.under(answers, wanted, lambda: self.expression(depth)) for wanted in (True, False)
        ]
        if self.pointwise:
            if self.random.random() < 0.2:
                return f"(({condition}) * {arms[0]})"
            return f"{self.module.spelled('where')}({condition}, {arms[0]}, {arms[1]})"
        return f"({arms[0]} if {condition} else {arms[1]})"

    def called(self, depth: int) -> str:
        helper = self.random.choice(self.module.helpers)
        arguments = [self.expression(self.random.randint(0, depth)) for _ in range(helper.count)]
        if helper.modes and self.random.random() < 0.7:
            modes = [n for n, v in self.statics.items() if isinstance(v, str)]
            mode = repr(self.random.choice(helper.modes))
            if modes and self.random.random() < 0.4:
                mode = self.random.choice(modes)
            arguments.append(f"mode={mode}")
        return f"{helper.name}({', '.join(arguments)})"

    def odd(self, depth: int) -> str:
        """Forms that are met less often."""
        one, two = self.live(depth), self.expression(0)
        forms = [
            f"-{one}",
            f"sum([{one}, {two}, {self.leaf()}])",
            f"+{one}",
            f"(1 - {one}) * {one}",
        ]
        if not self.pointwise:
            forms += [f"float({one})", f"pow({one}, 2)", f"divmod({one}, {self.number()})[1]"]
            forms += [f"({one} % {self.number()})", f"({one} // {self.number()} + {two})"]
            flags = [n for n, v in self.statics.items() if isinstance(v, bool)]
            forms += [f"({one} if {flag} else {two})" for flag in flags]
        else:
            forms += [f"({one} % {self.number()})"]
        return f"({self.random.choice(forms)})"

    # Statements

    def add(self, line: str, indent: int) -> None:
        self.lines.append("    " * indent + line)

    def assign(self, indent: int) -> None:
        text = self.expression(self.random.randint(1, 3))
        again = self.scope.assignable
        if again and self.random.random() < 0.35:
            name = self.random.choice(again)
            if not self.pointwise and self.random.random() < 0.4:
                operator = self.random.choice("+-*")
                if self.defined(f"({name} {operator} {text})"):
                    values = self.evaluated(f"({name} {operator} {text})")
                    self.add(f"{name} {operator}= {bare(text)}", indent)
                    self.scope.values[name] = values
                    return
        else:
            name = self.new_name()
        values = self.evaluated(text)
        self.add(f"{name} = {bare(text)}", indent)
        self.set(name, values)

    def set(self, name: str, values: list[object]) -> None:
        self.scope.values[name] = values
        if name not in self.scope.assignable:
            self.scope.assignable.append(name)

    def new_name(self) -> str:
        if not self.fresh:
            return self.random.choice(self.scope.assignable)
        return self.fresh.pop()

    def pair(self, indent: int) -> None:
        one, two = self.expression(2), self.expression(2)
        values = self.evaluated(one), self.evaluated(two)
        a, b = self.new_name(), self.new_name()
        if a == b:
            return
        self.add(f"{a}, {b} = {bare(one)}, {bare(two)}", indent)
        self.set(a, values[0])
        self.set(b, values[1])

    def branch(self, indent: int, depth: int) -> None:
        """A choice of values for names, by a condition or a static argument."""
        condition, answers, static = self.tested()
        names = [self.random.choice(self.scope.assignable)] if self.scope.assignable else []
        if not names or self.random.random() < 0.5:
            names = [*names[:1], self.new_name()]
        names = list(dict.fromkeys(names))
        before = self.scope
        arms = []
        for wanted in (True, False):
            arm = before.under(answers, wanted)
            self.scope = arm
            self.add(f"if {condition}:" if wanted else "else:", indent)
            if depth and self.random.random() < 0.25:
                self.branch(indent + 1, depth - 1)
            elif self.random.random() < 0.3:
                self.assign(indent + 1)
            for name in names:
                text = self.expression(self.random.randint(1, 2))
                values = self.evaluated(text)
                self.add(f"{name} = {bare(text)}", indent + 1)
                self.set(name, values)
            arms.append(arm)
        del static
        self.scope = before
        self.join(answers, arms)

    def join(self, answers: list[bool | None], arms: list[Scope]) -> None:
        """The names that both arms know, each point with the values of the arm it took."""
        for name in [n for n in arms[0].values if n in arms[1].values]:
            values = [
                None if i not in self.scope.active else arms[0 if answers[i] else 1].values[name][i]
                for i in range(self.count)
            ]
            if all(values[i] is not None for i in self.scope.active):
                known = name in self.scope.values
                self.scope.values[name] = values
                if not known:
                    self.scope.assignable.append(name)
            else:
                self.scope.values.pop(name, None)

    def tested(self) -> tuple[str, list[bool | None], bool]:
        """A condition that may stand in an `if` statement."""
        tests = []
        for name, value in self.statics.items():
            if isinstance(value, bool):
                tests += [(name, value), (f"not {name}", not value)]
            elif isinstance(value, str):
                tests += [(f"{name} == {word!r}", value == word) for word in ("soft", "hard")]
                tests += [(f"{name} in ('soft', 'other')", value in {"soft", "other"})]
                tests += [(f"{name}.startswith('h')", value.startswith("h"))]
            elif value is None:
                tests += [(f"{name} is None", True)]
        if tests and (self.pointwise or self.random.random() < 0.3):
            text, answer = self.random.choice(tests)
            return text, [answer] * self.count, True
        if self.pointwise:
            raise Rejected
        condition, answers = self.condition(1)
        return condition, answers, False

    def early_return(self, indent: int) -> None:
        condition, answers, _ = self.tested()
        staying = tuple(i for i in self.scope.active if not answers[i])
        self.add(f"if {condition}:", indent)
        lines: list[str] = []

        def leave() -> str:
            if self.random.random() < 0.3:
                self.assign(indent + 1)
            lines.append(bare(self.expression(2)))
            return ""

        self.under(answers, True, leave)
        self.add(f"return {lines[0]}", indent + 1)
        if staying:
            self.scope.active = staying

    def check(self, indent: int) -> None:
        name = self.leaf()
        if self.random.random() < 0.5:
            self.add(f"assert {name} > -1e6", indent)
        else:
            self.add(f"if {name} > 1e6:", indent)
            self.add(f"raise ValueError(f'{{{name}}} is too large')", indent + 1)

    def body(self, statements: int, indent: int = 1) -> list[str]:
        for _ in range(statements):
            kinds: dict[Callable[[], None], int] = {
                lambda: self.assign(indent): 8,
                lambda: self.pair(indent): 1,
                lambda: self.branch(indent, 1): 3,
                lambda: self.early_return(indent): 2,
                lambda: self.check(indent): 0 if self.pointwise else 1,
            }
            mark = len(self.lines)
            known = Scope(self.scope.active, dict(self.scope.values), list(self.scope.assignable))
            try:
                self.random.choices(list(kinds), list(kinds.values()))[0]()
            except Rejected:
                del self.lines[mark:]
                self.scope = known
        result = self.expression(self.random.randint(2, 4 if statements < 4 else 3))
        self.add(f"return {bare(result)}", indent)
        return self.lines


def bare(text: str) -> str:
    """Without the parentheses around the whole."""
    if not text.startswith("("):
        return text
    depth = 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return text[1:-1] if i == len(text) - 1 and "," not in text else text
    return text


def draw(source: random.Random) -> float:
    """A number to derive at."""
    choice = source.random()
    if choice < 0.06:
        return source.choice((0.0, 1.0, -1.0, 2.0, 0.5))
    if choice < 0.3:
        return round(source.uniform(-3.0, 3.0), 1)
    return round(source.uniform(-2.5, 2.5), 4)


def helper(module: Module, number: int) -> None:
    """Write a helper function into a module."""
    source = module.random
    count = source.randint(1, 3)
    names = source.sample(WILD, count)
    modes = ("soft", "hard") if source.random() < 0.4 else ()
    statics: dict[str, object] = {"mode": source.choice(modes)} if modes else {}
    values: dict[str, list[object]] = {n: [draw(source) for _ in range(4)] for n in names}
    values |= {n: [v] * 4 for n, v in statics.items()}
    scope = Scope(tuple(range(4)), values, list(names))
    writer = Writer(module, scope, statics)
    name = f"{source.choice(('part', 'gauss', 'bump', 'scale_of'))}{number}"
    lines = writer.body(source.choice((0, 0, 1, 2)))
    parameters = [*names, *(["mode='soft'"] if modes else [])]
    if count > 1 and source.random() < 0.2 and not modes:
        parameters[-1] += "=1.5"
    text = "\n".join([f"def {name}({', '.join(parameters)}):", *lines, "", ""])
    exec(compile(text, "<helper>", "exec"), module.namespace)  # noqa: S102 - written here
    module.helpers.append(Helper(name, count, modes, text))


def case(source: random.Random, count: int = 3, statements: int = 6) -> Case:
    """A random function of some statements with `count` points that are in its domain."""
    module = Module(source)
    for number in range(source.choice((0, 0, 1, 2))):
        helper(module, number + 1)
    names = source.sample(PARAMETERS, source.randint(1, 3))
    statics: dict[str, object] = {}
    if source.random() < 0.3:
        statics["mode"] = source.choice(("soft", "hard", "other"))
    if source.random() < 0.2:
        statics["flag"] = source.choice((True, False))
    if source.random() < 0.2:
        statics["n"] = source.choice((1, 2, 3, 4))
    values: dict[str, list[object]] = {n: [draw(source) for _ in range(count)] for n in names}
    if "n" in statics:
        values["n"] = [statics["n"]] * count
    values |= {n: [v] * count for n, v in statics.items() if n != "n"}
    points = [{name: of[i] for name, of in values.items()} for i in range(count)]
    closure = source.random() < 0.1
    known = dict(values)
    if closure:
        module.namespace["SHIFT"] = 0.25
        known["SHIFT"] = [0.25] * count
    writer = Writer(module, Scope(tuple(range(count)), known, list(names)), statics)
    lines = writer.body(source.randint(0, statements), 2 if closure else 1)
    parameters = [*names, *(f"{n}={v!r}" for n, v in statics.items())]
    if statics and source.random() < 0.3:
        parameters.insert(len(names), "*")
    signature = ", ".join(parameters)
    if closure:
        body = "\n".join([f"    def f({signature}):", *lines, "", "    return f", "", ""])
        text = f"def make(SHIFT):\n{body}\nf = make(0.25)\n"
    elif len(lines) == 1 and source.random() < 0.3:
        text = f"f = lambda {signature}: {lines[0].strip().removeprefix('return ')}\n"
    else:
        text = "\n".join([f"def f({signature}):", *lines, ""])
    helpers = "\n".join(h.text for h in module.helpers)
    whole = module.header() + helpers + "\n\n" + text
    return Case(whole, "f", points, tuple(names), module.arrays)
