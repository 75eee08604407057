"""Builtins and their like: decided now, or written as other operations."""

from __future__ import annotations

import ast
import functools
import math
import sys
from collections.abc import Callable

from diffsrc.capture import Captured
from diffsrc.ir import Call, Node, Var
from diffsrc.parse.attributes import may_change
from diffsrc.parse.iterate import Arguments, Iterations, Keywords
from diffsrc.parse.values import (
    Items,
    Local,
    Method,
    Object,
    Outcome,
    Partial,
    Record,
    Static,
    Table,
    Value,
    what,
)
from diffsrc.specialise import Signature

Handler = Callable[[Arguments, Keywords, ast.expr], Value]

_LOOPS = (map, filter, sorted, iter, next)


class Builtins(Iterations):
    """Reads calls of builtins that are no operation on numbers."""

    def __init__(self, captured: Captured, signature: Signature) -> None:
        super().__init__(captured, signature)
        partial = functools.partial
        by_function: dict[object, Handler] = {
            float: self._float,
            int: self._int,
            bool: self._bool,
            str: partial(self._text_of, "str"),
            repr: partial(self._text_of, "repr"),
            tuple: partial(self._sequence, tuple),
            list: partial(self._sequence, list),
            dict: self._dict_call,
            sum: self._sum,
            math.fsum: self._fsum,
            math.prod: self._prod,
            math.dist: self._dist,
            divmod: self._divmod,
            len: self._len,
            any: partial(self._any, "or"),
            all: partial(self._any, "and"),
            isinstance: self._isinstance,
            hasattr: self._hasattr,
            getattr: self._getattr,
            type: self._type,
            callable: self._callable,
            functools.partial: self._partial,
            print: self._print,
            **dict.fromkeys(_LOOPS, self._loop),
            **self.iterators,
        }
        self.handlers = {id(key): handler for key, handler in by_function.items()}
        if sys.version_info >= (3, 12):
            self.handlers[id(math.sumprod)] = self._sumprod
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            self.handlers[id(numpy.ndim)] = self._ndim
            self.handlers[id(numpy.shape)] = self._shape
            self.handlers[id(numpy.size)] = self._size
            self.handlers[id(numpy.isscalar)] = self._isscalar

    def _take(
        self,
        args: Arguments,
        keywords: Keywords,
        count: tuple[int, int],
        node: ast.expr,
    ) -> Arguments:
        """Refuse a number of arguments that is not understood."""
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else "this function"
        if keywords or not count[0] <= len(args) <= count[1]:
            self.refuse(
                f"These arguments of {name} are not understood.",
                node,
                "Call it with plain positional arguments.",
            )
        for arg in args:
            self.decided(arg, node)
        return args

    # Conversions

    def _float(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._take(args, keywords, (0, 1), node)
        if not args:
            return self.const(0.0, node)
        value = args[0]
        if isinstance(value, Static) and type(value.value) is str:
            try:
                return self.number(float(value.value), node)
            except ValueError:
                self.refuse(
                    "This is no number: Python would raise.",
                    node,
                    "Write the number itself.",
                )
        known = self.known_number(value)
        if known is not None:
            try:
                return self.number(float(known), node)
            except OverflowError:
                self.refuse(
                    "This is too large: Python would raise.",
                    node,
                    "Write a smaller number.",
                )
        number = self.numeric(value, node)
        if number.type.kind == "bool":
            one, zero = self.const(1.0, node), self.const(0.0, node)
            return self.joined(number, Outcome([], one), Outcome([], zero), node)
        if number in self.floats:
            return number
        return self.node("float", (number,), node, "float")

    def _int(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._take(args, keywords, (0, 2), node)
        if not args:
            return self.const(0, node)
        value = args[0]
        if isinstance(value, Static) and type(value.value) is str:
            base = self.static_value(args[1]) if len(args) == 2 else 10
            try:
                return self.number(int(value.value, base), node)  # type: ignore[call-overload]
            except (ValueError, TypeError):
                self.refuse(
                    "This is no integer: Python would raise.",
                    node,
                    "Write the integer itself.",
                )
        self._take(args, keywords, (1, 1), node)
        known = self.known_number(value)
        if known is not None and math.isfinite(known):
            return self.number(int(known), node)
        number = self.numeric(value, node)
        if number.type.kind == "bool":
            one, zero = self.const(1, node), self.const(0, node)
            return self.joined(number, Outcome([], one), Outcome([], zero), node)
        return self.node("trunc", (number,), node, "int")

    def _bool(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._take(args, keywords, (0, 1), node)
        return self.answer(self.truth(args[0], node)) if args else Static(value=False)

    def _text_of(self, function: str, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._take(args, keywords, (0 if function == "str" else 1, 1), node)
        return self.string_of(args[0], function, node) if args else Static("")

    def _sequence(self, kind: type, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._take(args, keywords, (0, 1), node)
        return Items(self.elements(args[0], node) if args else (), kind)

    def _dict_call(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._take(args, {}, (0, 1), node)
        items: dict[object, Value] = {}
        if args:
            if not isinstance(args[0], Table):
                self.refuse(
                    f"dict of {what(args[0])} is not understood.",
                    node,
                    "Write the dict out: {'a': ..., 'b': ...}.",
                )
            items.update(args[0].items)
        items.update(keywords)
        return Table(items)

    # Sums and such

    def _sum(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        if len(args) == 1 and not keywords and self.is_ranked_array(args[0]):
            return self.of_array("sum", args, node, axis=0)
        start = keywords.pop("start", None)
        self._take(args, keywords, (1, 2), node)
        terms = [self.numeric(v, node) for v in self.elements(args[0], node)]
        start = args[1] if len(args) == 2 else start
        if start is not None:
            terms.insert(0, self.numeric(start, node))
        if not terms:
            return self.const(0, node)
        # Not `a + b`: `sum` begins with 0, which counts for a -0.0, and from Python 3.12 on it
        # rounds once.
        return self.node("sum", tuple(terms), node, "sum")

    def _fsum(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._take(args, keywords, (1, 1), node)
        terms = [self.numeric(v, node) for v in self.elements(args[0], node)]
        if not terms:
            return self.const(0.0, node)
        return self.node("fsum", tuple(terms), node, "math.fsum")

    def _pairs(self, args: Arguments, keywords: Keywords, node: ast.expr) -> list[tuple[Node, ...]]:
        """The elements of two sequences side by side."""
        self._take(args, keywords, (2, 2), node)
        left, right = ([self.numeric(v, node) for v in self.elements(arg, node)] for arg in args)
        if len(left) != len(right):
            self.refuse(
                f"The two sequences have {len(left)} and {len(right)} elements.",
                node,
                "Give both the same number of elements.",
            )
        return list(zip(left, right, strict=True))

    def _dist(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        """`hypot` of the differences, which is how Python computes it, to the last bit."""
        sides = []
        for a, b in self._pairs(args, keywords, node):
            plus = isinstance(b, Call) and b.op == "neg"  # `a + 2`, not `a - -2`
            pair = (a, *b.operands) if plus else (a, b)
            sides.append(self.node("add" if plus else "sub", pair, node))
        if not sides:
            return self.const(0.0, node)
        return self.node("hypot", tuple(sides), node, "math.hypot")

    def _sumprod(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        pairs = self._pairs(args, keywords, node)
        if not pairs:
            return self.const(0, node)
        left, right = zip(*pairs, strict=True)
        return self.node("sumprod", (*left, *right), node, "math.sumprod")

    def _prod(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        start = keywords.pop("start", None)
        self._take(args, keywords, (1, 1), node)
        factors = [self.numeric(v, node) for v in self.elements(args[0], node)]
        if start is not None:
            factors.insert(0, self.numeric(start, node))
        if not factors:
            return self.const(1, node)
        product = factors[0]
        for factor in factors[1:]:
            product = self.node("mul", (product, factor), node)
        return product

    def _divmod(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._take(args, keywords, (2, 2), node)
        a, b = self.numeric(args[0], node), self.numeric(args[1], node)
        return Items((self.node("floordiv", (a, b), node), self.node("mod", (a, b), node)))

    def _any(self, op: str, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        if len(args) == 1 and not keywords and self.is_ranked_array(args[0], 1):
            return self.of_array("any" if op == "or" else "all", args, node)
        self._take(args, keywords, (1, 1), node)
        found: Node | None = None
        for element in self.elements(args[0], node):
            answer = self.truth(element, node)
            if isinstance(answer, bool):
                if answer is (op == "or"):
                    return Static(answer)
            else:
                found = answer if found is None else self.node(op, (found, answer), node)
        return Static(op == "and") if found is None else found

    # Questions

    def _len(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        (value,) = self._take(args, keywords, (1, 1), node)
        self.not_guessed(value, node)
        match value:
            case Node():
                return self.length_of(value, node)
            case Static(value=str() | tuple() | list() | dict() | set() as known):
                return self.const(len(known), node)
            case Table():
                return self._length(len(value.items), node)
            case Object(argument=argument) if argument and argument.type is dict:
                sure = not may_change(value.source) or self.assume_layout(value)
                if argument.items is not None and sure:
                    return self._length(len(argument.items), node)
            case Items(type=kind) if kind is set:
                pass
            case _:
                return self._length(len(self.elements(value, node)), node)
        return self.refuse(
            f"The length of {what(value)} is not known.",
            node,
            "Pass the length as an argument.",
        )

    def _length(self, count: int, node: ast.expr) -> Node:
        made = self.const(count, node)
        self.lengths.add(made)
        return made

    def _isinstance(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        value, classes = self._take(args, keywords, (2, 2), node)
        return Static(self.is_instance(value, classes, node))

    def _hasattr(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        value, name = self._take(args, keywords, (2, 2), node)
        return Static(self.has_attribute(value, self._name_in(name, node), node))

    def _getattr(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        value, name, *default = self._take(args, keywords, (2, 3), node)
        attribute = self._name_in(name, node)
        if default and not self.has_attribute(value, attribute, node):
            return default[0]
        return self.attribute(value, attribute, node)

    def _name_in(self, value: Value, node: ast.expr) -> str:
        name = self.static_value(value)
        if type(name) is not str:
            self.refuse(
                "The name of the attribute is not known.",
                node,
                "Write the attribute as x.name.",
            )
        return name

    def _type(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        (value,) = self._take(args, keywords, (1, 1), node)
        cls = self.class_of_value(value, node)
        self.ask(value, "type", cls, answer=True)
        return Static(cls)

    def _callable(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        (value,) = self._take(args, keywords, (1, 1), node)
        match value:
            case Local() | Method() | Partial():
                return Static(value=True)
            case Node():
                self.assume_number(value)
                self.ask(value, "callable", answer=False)
                return Static(value=False)
            case Static(value=known):
                return Static(callable(known))
            case Object(value=known) if known is not None:
                return Static(callable(known))
            case Items() | Table() | Record():
                return Static(callable(self.class_of_value(value, node)))
            case _:
                return self.refuse(
                    f"Whether {what(value)} is callable?",
                    node,
                    "Pass a function, or a bool that says whether it is one.",
                )

    def _partial(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        if not args:
            self.refuse(
                "functools.partial needs a function.",
                node,
                "Name the function as its first argument.",
            )
        return Partial(args[0], tuple(args[1:]), keywords)

    def _ndim(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        (value,) = self._take(args, keywords, (1, 1), node)
        number = self.numeric(value, node)
        if number in self.arrays:
            self.need_ranks()
        if self.graph.ranked:
            return self.const(len(number.type.axes), node)
        self.assume_number(number)
        self.ask(number, "ndim", answer=False)
        return self.const(0, node)

    def _shape(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        (value,) = self._take(args, keywords, (1, 1), node)
        return self.attribute(self.numeric(value, node), "shape", node)

    def _size(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        axis = keywords.pop("axis", None)
        value, *rest = self._take(args, keywords, (1, 2), node)
        axis = rest[0] if rest else axis
        number = self.numeric(value, node)
        if axis is None or (isinstance(axis, Static) and axis.value is None):
            return self.attribute(number, "size", node)
        return self.item(self.attribute(number, "shape", node), self.static_value(axis), node)

    def _isscalar(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        (value,) = self._take(args, keywords, (1, 1), node)
        number = self.numeric(value, node)
        if number in self.arrays and not isinstance(number, Var):
            self.refuse(
                "Whether this is a scalar is not known.",
                node,
                "Pass a scalar, or write a function for each rank.",
            )
        self.assume_number(number)
        self.ask(number, "isscalar", answer=number not in self.arrays)
        return Static(number not in self.arrays)

    # Refusals

    def _print(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        del args, keywords
        return self.refuse(
            "print has an effect, which a derivative does not have.",
            node,
            "Take it out, or print the derivative's arguments and result.",
        )

    def _loop(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        del args, keywords
        return self.refuse(
            "Going through several values in this way is not understood yet.",
            node,
            "Write a for loop, or the terms out.",
        )
