"""Strings: folded where they are known, kept as source text in `raise` and `assert`."""

from __future__ import annotations

import ast
import enum
import itertools
import re
import types
from collections.abc import Sequence

from diffsrc import capture
from diffsrc.capture import Textual
from diffsrc.ir import Node
from diffsrc.parse.context import OBJECT, UNKNOWN
from diffsrc.parse.subscripts import Subscripts
from diffsrc.parse.values import Items, Record, Static, Text, Value, what

_PLAIN = (str, int, float, bool, type(None), bytes)
_HOLE = r"__value_(\d+)__"


class Texts(Subscripts):
    """Reads f-strings, string operations and errors."""

    def f_string(self, node: ast.JoinedStr) -> Static | Text:
        """An f-string: its text, or a text with the numbers' nodes in it."""
        parts: list[ast.expr] = []
        nodes: list[Node] = []
        known = ""
        for piece in node.values:
            match piece:
                case ast.Constant(value=str() as text):
                    known += text
                    parts.append(piece)
                case ast.FormattedValue():
                    value = self.expression(piece.value)
                    spec = self._spec(piece)
                    fixed = self._plain(value)
                    if fixed is not UNKNOWN:
                        text = format(_converted(fixed, piece.conversion), spec)
                        known += text
                        parts.append(ast.Constant(text))
                    else:
                        hole = self._hole(value, nodes, piece)
                        written = ast.JoinedStr([ast.Constant(spec)]) if spec else None
                        parts.append(ast.FormattedValue(hole, piece.conversion, written))
                case _:
                    self.refuse(
                        "This part of the f-string is not understood.",
                        piece,
                        "Leave it out of the text.",
                    )
        if not nodes:
            return Static(known)
        return _filled(ast.JoinedStr(parts), nodes)

    def _spec(self, node: ast.FormattedValue) -> str:
        if node.format_spec is None:
            return ""
        assert isinstance(node.format_spec, ast.JoinedStr)
        text = self.f_string(node.format_spec)
        if isinstance(text, Text):
            self.refuse("The format depends on a number.", node, "Write the format out.")
        assert isinstance(text.value, str)
        return text.value

    def _plain(self, value: Value) -> object:
        """A value that can be formatted now, without code of the user's."""
        known = self.static_value(value)
        if type(known) in _PLAIN:
            return known
        return UNKNOWN

    def _hole(self, value: Value, nodes: list[Node], node: ast.AST) -> ast.Name:
        """A name that stands for a node in a text."""
        if isinstance(value, Static) and isinstance(value.value, enum.Enum):
            self.refuse(
                "How an enum member is written is not understood.",
                node,
                "Write its .name or .value.",
            )
        if not isinstance(value, Node):
            self.decided(value, node)
            self.refuse(
                f"A number is needed in this text, not {what(value)}.",
                node,
                "Leave it out of the text.",
            )
        nodes.append(value)
        return ast.Name(f"__value_{len(nodes) - 1}__")

    def join(self, pieces: Sequence[str | Value], node: ast.AST) -> Text:
        """Source text made of pieces of text and of values."""
        parts: list[str | Node] = []
        for piece in pieces:
            match piece:
                case str() | Node():
                    parts.append(piece)
                case Text():
                    parts += piece.parts
                case Static(value=known) if type(known) in _PLAIN:
                    parts.append(repr(known))
                case Items(type=kind) if kind is tuple:
                    inner = [part for item in piece.items for part in (item, ", ")]
                    parts += self.join(["(", *inner, ")"], node).parts
                case _:
                    self.decided(piece, node)
                    self.refuse(
                        f"{what(piece)[2:]} in a text: not understood.",
                        node,
                        "Leave it out of the text.",
                    )
        return Text(tuple(parts))

    # Errors

    def text_node(self, value: Value, op: str, node: ast.AST) -> Node:
        """A node whose option is the template of a source text.

        A template is a tuple of source text and of numbers of arguments, in order:
        `("ValueError(f'bad {", 0, "}')")`.
        """
        text = self.join([value], node)
        nodes: list[Node] = []
        template: list[str | int] = []
        for part in text.parts:
            if isinstance(part, Node):
                if part not in nodes:
                    nodes.append(part)
                template.append(nodes.index(part))
            elif template and isinstance(template[-1], str):
                template[-1] += part
            else:
                template.append(part)
        made = self.graph.call(op, *nodes, options=(tuple(template),))
        self.places.setdefault(made, self.place(node))
        return made

    def error(self, node: ast.expr) -> Node:
        """What a `raise` raises, as a text node."""
        function = node.func if isinstance(node, ast.Call) else node
        cls = self.expression(function)
        pieces: list[str | Value] = [self._error_class(cls, function)]
        if isinstance(node, ast.Call):
            pieces.append("(")
            for number, argument in enumerate(node.args):
                pieces += [", "] if number else []
                pieces.append(self._message(argument))
            for number, keyword in enumerate(node.keywords, len(node.args)):
                pieces += [", "] if number else []
                if keyword.arg is None:
                    self.refuse(
                        "** is not understood here.",
                        keyword,
                        "Write the arguments out.",
                    )
                pieces += [f"{keyword.arg}=", self._message(keyword.value)]
            pieces.append(")")
        return self.text_node(self.join(pieces, node), "raise", node)

    def _message(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Starred):
            self.refuse("* is not understood here.", node, "Write the arguments out.")
        return self.expression(node)

    def _error_class(self, value: Value, node: ast.expr) -> str | Node:
        if isinstance(value, Static):
            cls = value.value
            if isinstance(cls, type) and issubclass(cls, BaseException):
                if cls.__module__ == "builtins":
                    return cls.__name__
                return self.object_variable(value, cls.__name__)
            if isinstance(cls, Textual) and isinstance(cls, capture.TextClass):
                name = cls.node.name
                own = cls.source.file == self.main.file and cls.qualname == name
                own = own and name not in self.main_names
                return self.variable(name, OBJECT, cls, None, own=own)
        self.decided(value, node)
        return self.refuse(
            "Only errors made here can be raised.",
            node,
            "Write raise ValueError(...) with a text.",
        )

    # Strings

    def string_operation(self, op: str, left: Value, right: Value, node: ast.AST) -> Value | None:
        """`+`, `%` and `*` where a string is on one side; None where none is."""
        a, b = self._plain(left), self._plain(right)
        texts = isinstance(left, Text) or isinstance(right, Text)
        if not (texts or type(a) is str or (type(b) is str and op != "mod")):
            return None
        if type(a) is str and op == "mod":
            return self._percent(a, right, node)
        if op == "mul" and int in (type(a), type(b)):
            if type(a) in (str, int) and type(b) in (str, int):
                return Static(a * b)  # type: ignore[operator]
        elif op == "add" and type(a) is str and type(b) is str:
            return Static(a + b)
        elif op == "add" and _is_text(left) and _is_text(right):
            return self.join(["(", left, " + ", right, ")"], node)
        elif op == "mod" and isinstance(left, Text):
            return self.join(["(", left, " % ", right, ")"], node)
        return self.refuse(
            f"Python would raise: {what(left)} and {what(right)} do not go together.",
            node,
            "Turn one into the other first, with float or str.",
        )

    def _percent(self, text: str, right: Value, node: ast.AST) -> Value:
        items = right.items if isinstance(right, Items) else (right,)
        known = [self._plain(item) for item in items]
        if UNKNOWN not in known:
            try:
                return Static(text % tuple(known))
            except (TypeError, ValueError):
                self.refuse(
                    "The format does not fit: Python would raise.",
                    node,
                    "Give it the values that it names.",
                )
        return self.join(["(", Static(text), " % ", right, ")"], node)

    def string_method(self, method: object, args: Sequence[Value], node: ast.AST) -> Value:
        """A method of `str` on a string that is known."""
        assert isinstance(method, types.MethodDescriptorType)
        name = getattr(method, "__name__", "")
        known = [self._known_argument(arg, node) for arg in args]
        if UNKNOWN in known:
            if name != "format":
                self.refuse(
                    f"An argument of str.{name} is not known now.",
                    node,
                    "Use strings that are known before it runs.",
                )
            inner = [part for arg in args[1:] for part in (arg, ", ")]
            return self.join([args[0], ".format(", *inner[:-1], ")"], node)
        try:
            return self._from_python(method(*known), node)
        except (TypeError, ValueError, LookupError):
            return self.refuse(
                f"str.{name} does not take this.",
                node,
                "Use the arguments that the method has.",
            )

    def _known_argument(self, value: Value, node: ast.AST) -> object:
        if isinstance(value, Items):
            items = [self._known_argument(item, node) for item in value.items]
            return UNKNOWN if UNKNOWN in items else tuple(items)
        known = self.static_value(value)
        if type(known) is tuple and all(type(item) in _PLAIN for item in known):
            return known
        return known if type(known) in _PLAIN else UNKNOWN

    def _from_python(self, value: object, node: ast.AST) -> Value:
        if isinstance(value, list | tuple):
            items = tuple([self._from_python(item, node) for item in value])
            return Items(items, type(value))
        return self.constant(value, node)

    def string_of(self, value: Value, function: str, node: ast.AST) -> Value:
        """`str(value)` or `repr(value)`."""
        known = self._plain(value)
        if known is not UNKNOWN:
            return Static(repr(known) if function == "repr" else str(known))
        if isinstance(value, Record | Static):
            self.refuse(
                f"{function} of {what(value)} is not understood.",
                node,
                "Leave it out, or pass the text as an argument.",
            )
        return self.join([f"{function}(", value, ")"], node)


def _is_text(value: Value) -> bool:
    return isinstance(value, Text) or (isinstance(value, Static) and type(value.value) is str)


def _converted(value: object, conversion: int) -> object:
    if conversion == -1:
        return value
    if conversion == ord("r"):
        return repr(value)
    return str(value) if conversion == ord("s") else ascii(value)


def _filled(node: ast.expr, nodes: list[Node]) -> Text:
    """Unparse with holes, and put the nodes into them."""
    pieces = re.split(_HOLE, ast.unparse(ast.fix_missing_locations(node)))
    parts: list[str | Node] = []
    for text, hole in itertools.zip_longest(pieces[::2], pieces[1::2]):
        parts += [text] if text else []
        parts += [nodes[int(hole)]] if hole is not None else []
    return Text(tuple(parts))
