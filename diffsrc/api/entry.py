"""What a call of a derivative checks before it goes to the emitted function: next to nothing.

Where the emitted code relies on nothing, the entry is the emitted function itself. Otherwise a
small function of the same signature compares what was assumed (static arguments, helper
functions, static globals) and turns integers into floats.
"""

from __future__ import annotations

import enum
import functools
import numbers
import operator
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from types import CellType, FunctionType, MethodType
from typing import Any

from diffsrc.api.broadcast import is_scalar_code
from diffsrc.api.derive import Stages, fixed_parts
from diffsrc.capture import Captured, static_attribute
from diffsrc.ir import Assumption, Call, Const, Node, Program, Result, reachable
from diffsrc.specialise import Argument, Signature, argument_of
from diffsrc.user_rules import CustomRule, Rule, rule_of

MAYBE_INT = frozenset(
    {
        "floor",
        "ceil",
        "trunc",
        "round",
        "item",
        "attribute",
        "ones_like",
        "zeros_like",
        "factorial",
        "comb",
        "perm",
        "gcd",
        "lcm",
        "isqrt",
        "registered",
    }
)
KEEPS_INT = frozenset(
    {
        "add",
        "sub",
        "sum",
        "mul",
        "neg",
        "pos",
        "pow",
        "abs",
        "max",
        "min",
        "mod",
        "floordiv",
        "select",
        "square",
        "sign",
    }
)


# As a set of parameters: a float whatever they are.
ALWAYS = -1
# The builtins hand one of their arguments on, as it is.
CHOOSING = (("max",), ("min",))
SCALARS = frozenset({int, float})
PLAIN = frozenset({str, bytes, int, float, bool, set, frozenset})


# The emitted function with cells, statements that run first, and results that are made floats.
Loader = Callable[[Mapping[str, CellType], str, AbstractSet[int]], FunctionType]


class Entry:
    """How one specialisation is called.

    Attributes:
        call: what a call of the derivative runs.
        direct: the same without checks, for arguments that are known to fit.
    """

    def __init__(
        self,
        call: Callable[..., Any],
        direct: Callable[..., Any],
        checks: list[Check],
        other: CellType | None,
    ) -> None:
        self.call = call
        self.direct = direct
        self.checks = checks
        self.other = other

    def holds(self) -> bool:
        """Whether everything outside that was read while parsing is as it was."""
        return all(check.holds() for check in self.checks if check.holder is not None)

    def fits(self, signature: Signature) -> bool:
        """Whether the arguments are what was assumed of them."""
        values = dict(signature.arguments)
        return all(
            check.name in values and check.fits(values[check.name].value)
            for check in self.checks
            if check.holder is None
        )

    def otherwise(self, again: Callable[..., Any]) -> None:
        """What is called where a check fails."""
        if self.other is not None:
            self.other.cell_contents = again


class Check:
    """An assumption as a comparison; without a `holder` it is about an argument."""

    def __init__(self, assumption: Assumption) -> None:
        self.holder = assumption.holder
        self.name = assumption.name
        self.path = assumption.path
        self.expected = assumption.expected
        self.code = getattr(assumption.expected, "__code__", None)

    def holds(self) -> bool:
        """Whether the name outside still means what it meant."""
        try:
            if isinstance(self.holder, dict):
                value = self.holder[self.name]
            elif isinstance(self.holder, CellType):
                value = self.holder.cell_contents
            else:
                value = static_attribute(self.holder, self.name).value
        except (LookupError, AttributeError, ValueError):
            return False
        return self.fits(value)

    def fits(self, value: object) -> bool:
        """Whether a value is, at the end of the path, what was assumed."""
        try:
            for part in self.path:
                value = type(value) if part == "__class__" else static_attribute(value, part).value
        except (LookupError, AttributeError):
            return False
        if self.expected is numbers.Number:
            argument = argument_of(value)
            return argument.kind == "number" and not argument.array
        return same(value, self.expected) and getattr(value, "__code__", None) is self.code


def same(value: object, expected: object) -> bool:
    """Whether two static values are one: the same object, or equal and of one plain type."""
    if value is expected:
        return True
    kind = type(value)
    if kind is not type(expected):
        return False
    if kind in PLAIN:
        return value == expected
    if kind is MethodType:
        # Made anew whenever it is read.
        assert isinstance(value, MethodType)
        assert isinstance(expected, MethodType)
        return value.__func__ is expected.__func__ and value.__self__ is expected.__self__
    if kind is functools.partial:
        assert isinstance(value, functools.partial)
        assert isinstance(expected, functools.partial)
        return same(
            [value.func, value.args, value.keywords],
            [expected.func, expected.args, expected.keywords],
        )
    if kind in {list, tuple}:
        assert isinstance(value, list | tuple)
        assert isinstance(expected, list | tuple)
        return len(value) == len(expected) and all(map(same, value, expected))
    if kind is dict:
        assert isinstance(value, dict)
        assert isinstance(expected, dict)
        return same(list(value), list(expected)) and same(
            list(value.values()), list(expected.values())
        )
    return False


def entry_for(captured: Captured, signature: Signature, stages: Stages, loaded: Loader) -> Entry:
    """The entry of a specialisation."""
    program = stages.simplified
    checks = [Check(a) for a in program.assumptions]
    cells: dict[str, CellType] = {}
    guard: list[str] = []
    lines: list[str] = []
    conditions: list[str] = []
    prefix = "_guard"
    while prefix in stages.source:
        prefix += "_"

    def cell(value: object) -> str:
        name = f"{prefix}{len(cells)}"
        cells[name] = CellType(value)
        return name

    for name, argument in signature.arguments:
        conditions += _argument_conditions(name, argument, stages, cell)
    for check in checks:
        conditions.append(_outside_condition(check, captured, cell))
    other = None
    if conditions:
        again = cell(None)
        other = cells[again]
        guard = [
            f"if {' or '.join(conditions)}:",
            f"    return {again}({_passed(program)})",
        ]
    made_floats, inexact = floats(program, stages.wrt, stages.derived)
    for name in made_floats:
        as_float = cell(_as_float if name in stages.wrt else _array_as_float)
        lines += [
            f"if type({name}) is not float:",
            f"    {name} = {as_float}({name})",
        ]
    # In the emitted function's own frame: a call in between costs as much as the checks.
    direct = loaded(cells, "\n".join(lines), inexact)
    call = loaded(cells, "\n".join([*guard, *lines]), inexact) if guard else direct
    return Entry(call, direct, checks, other)


def _passed(program: Program) -> str:
    parts = []
    for parameter in program.parameters:
        match parameter.kind:
            case "VAR_POSITIONAL":
                parts.append(f"*{parameter.name}")
            case "VAR_KEYWORD":
                parts.append(f"**{parameter.name}")
            case "KEYWORD_ONLY":
                parts.append(f"{parameter.name}={parameter.name}")
            case _:
                parts.append(parameter.name)
    return ", ".join(parts)


def _argument_conditions(
    name: str, argument: Argument, stages: Stages, cell: Callable[[object], str]
) -> list[str]:
    if argument.kind == "static":
        value = argument.value
        if value is None or isinstance(value, bool | enum.Enum):
            return [f"{name} is not {cell(value)}"]
        if isinstance(value, str | bytes):
            return [
                f"type({name}) is not {cell(type(value))}",
                f"{name} != {cell(value)}",
            ]
        return [f"not {cell(same)}({name}, {cell(value)})"]
    if argument.kind == "object":
        if argument.items is not None:

            def fits(given: object) -> bool:
                return argument_of(given) == argument

            return [f"not {cell(fits)}({name})"] if _is_parameter(name, stages) else []
        return [f"type({name}) is not {cell(argument.type)}"]
    if name in stages.ranked:
        return [f"type({name}) {'' if argument.array else 'not '}in {cell(SCALARS)}"]
    return []


def _outside_condition(check: Check, captured: Captured, cell: Callable[[object], str]) -> str:
    """The text of a comparison; of a function of the user's it costs a look-up or two."""
    own = captured.scope.globals
    if isinstance(check.holder, Rule | CustomRule):
        return f"{cell(check.holder)}.{check.name} is not {cell(check.expected)}"
    fixed = check.code or rule_of(check.expected) is not None
    if isinstance(check.holder, dict) and check.holder is own and not check.path and fixed:
        # A module that is run again makes new functions in the same globals.
        return f"{check.name} is not {cell(check.expected)}"
    if check.path[-1:] == ("__func__",) and not isinstance(check.holder, dict | CellType):
        start = [check.name] if check.holder is None else [cell(check.holder), check.name]
        method = [*start, *check.path[:-1]]
        if len(method) == 2 and method[1].isidentifier():
            found, expected = f"getattr({'.'.join(method)}, '__func__', None)", cell(check.expected)
            # Reloaders keep the functions of a class and change their code.
            return f"{found} is not {expected} or {expected}.__code__ is not {cell(check.code)}"
    slow = f"not {cell(check.holds)}()"
    if check.holder is None:
        slow = f"not {cell(check.fits)}({check.name})"
    here = check.holder is None or check.holder is own
    if check.expected is numbers.Number and here and not check.path:
        return f"type({check.name}) not in {cell(SCALARS)} and {slow}"
    return slow


def _is_parameter(name: str, stages: Stages) -> bool:
    """Whether an argument stands for one parameter, and not for all of `*args`."""
    kinds = {p.name: p.kind for p in stages.simplified.parameters}
    return kinds.get(name, "") not in {"VAR_POSITIONAL", "VAR_KEYWORD"}


def _results(program: Program) -> list[Node]:
    """The results, through the arms of choices."""
    seen: dict[Node, None] = {}
    todo = list(program.body.results)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen[node] = None
        if isinstance(node, Result):
            for arm in (node.of.then, node.of.orelse):
                todo += arm.results[node.index : node.index + 1]
    return [node for node in seen if not isinstance(node, Result)]


def floats(
    program: Program, wrt: frozenset[str], derived: range
) -> tuple[list[str], frozenset[int]]:
    """What is made a float: the parameters, and then the derivatives that still may be none.

    Of parameters as few as will do, since an integer times a float is a float. Where the code takes
    arrays, those derived by and what else is needed for all arithmetic to be in floats: the square
    of an array of integers may overflow. Not what a power or remainder takes: there an integer may
    be meant as one, as in `n / 3 + 10**n % 7`.
    """
    parameters = {
        p.node: p.name
        for p in program.parameters
        if p.node is not None and p.node.type.kind == "float"
    }
    annotated = all(p.annotation in {"float", "int"} for p in program.parameters)
    scalars = annotated or is_scalar_code(program.body)
    meant = set(parameters) if scalars else _meant_as_integers(_results(program), set(parameters))
    parameters = {n: name for n, name in parameters.items() if name in wrt or n not in meant}
    bits: dict[Node, int] = {node: 1 << i for i, node in enumerate(parameters)}
    known: dict[Node, int] = {}
    fixed = {n: ALWAYS for n, value in fixed_parts(program).values() if type(value) is float}
    for below in reachable(program.body.results, arms=True):
        known[below] = bits.get(below) or fixed.get(below) or _makes_float(below, known)
    wanted = _results(program)
    chosen: list[str] = []
    sure = 0
    if not scalars:
        wanted += [n for n in known if isinstance(n, Call) and n.op in KEEPS_INT]
        chosen += [name for name in parameters.values() if name in wrt]
        sure = sum(bits[n] for n, name in parameters.items() if name in wrt)
    integers = [known[n] for n in wanted if known[n] not in {ALWAYS, 0} and not known[n] & sure]

    def use(node: Node) -> tuple[bool, int]:
        count = sum(bool(bits[node] & mask) for mask in integers)
        return count > 0 and parameters[node] in wrt, count

    while integers:
        best = max(bits, key=use)
        chosen.append(parameters[best])
        sure |= bits[best] if parameters[best] in wrt else 0
        integers = [mask for mask in integers if not bits[best] & mask]
    masks = [(i, known[program.body.results[i]]) for i in derived]
    return chosen, frozenset(i for i, mask in masks if mask != ALWAYS and not mask & sure)


def _meant_as_integers(results: list[Node], parameters: set[Node]) -> set[Node]:
    """The parameters from which sums and products lead to a power or a remainder."""
    sources: dict[Node, set[Node]] = {}
    meant: set[Node] = set()
    for node in reachable(results, arms=True):
        if node in parameters:
            sources[node] = {node}
        elif isinstance(node, Call) and node.op in KEEPS_INT:
            found = [sources[arg] for arg in node.args if arg in sources]
            if node.op in {"pow", "mod", "floordiv"}:
                meant.update(*found)
            elif found:
                sources[node] = set().union(*found)
    return meant


def _makes_float(node: Node, known: dict[Node, int]) -> int:
    """Each of which parameters (as bits) makes a written value a float if it is one."""
    if isinstance(node, Const):
        return ALWAYS if isinstance(node.value, float) else 0
    if isinstance(node, Result):
        arms = [a for a in (node.of.then, node.of.orelse) if not a.fails]
        return _all(known.get(a.results[node.index], 0) for a in arms)
    if not isinstance(node, Call) or node.type.kind == "bool" or node.op in MAYBE_INT:
        return 0
    op, args = node.op, node.args
    if op not in KEEPS_INT:
        return ALWAYS
    if op == "select":
        return known[args[1]] & known[args[2]]
    if op == "pow":
        exponent = args[1]
        whole = isinstance(exponent, Const) and isinstance(exponent.value, int)
        return known[args[0]] | (0 if whole else known[exponent])
    if op in {"max", "min"} and node.options[:1] in CHOOSING:
        return _all(known[arg] for arg in args)
    found = 0
    for arg in args:
        found |= known[arg]
    return found


def _all(masks: Iterable[int]) -> int:
    return functools.reduce(operator.and_, masks, ALWAYS)


def _as_float(value: object) -> object:
    """An integer as a float, an integer array as an array of floats; all else as it is."""
    return float(value) if isinstance(value, int) else _array_as_float(value)


def _array_as_float(value: object) -> object:
    """An integer array, or an integer of NumPy's, as floats; all else as it is."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return value.astype(float) if kind in {"i", "u", "b"} else value  # type: ignore[attr-defined] # an array
