"""Arrays: functions on them, their attributes and methods, matrix products.

They need the ranks of the arguments: a function that was read without them is read anew.
"""

from __future__ import annotations

import ast
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from diffsrc.errors import ShapeError
from diffsrc.ir import FLOAT, Node, Template, Type
from diffsrc.ir.arrays import Hole
from diffsrc.ops.arrays import (
    ARRAYS,
    METHODS,
    ArrayOperation,
    Parameter,
    array_operation_of,
    complete,
    define,
)
from diffsrc.parse.live import Live
from diffsrc.parse.unknown import spelt
from diffsrc.parse.values import Items, Method, Static, Value

LIBRARIES = frozenset({"numpy", "scipy", "_operator"})


class NeedsRanks(Exception):
    """Something is asked of an array that only its rank can tell."""


class ArrayMethod(NamedTuple):
    """A method of arrays."""

    operation: ArrayOperation
    name: str


class Arrays(Live):
    """Reads what is said of arrays as wholes."""

    def need_ranks(self) -> None:
        if not self.graph.ranked:
            raise NeedsRanks
        complete()

    def array_operation(self, function: object) -> ArrayOperation | None:
        """The operation that a function of a library is."""
        home = getattr(function, "__module__", None)
        if not isinstance(home, str) or home.partition(".")[0] not in LIBRARIES:
            return None
        complete()
        return array_operation_of(function)

    # Attributes

    def attribute_of_array(self, base: Node, name: str, node: ast.expr) -> Value:
        """`x.shape`, `x.T`, `x.sum`."""
        complete()
        if name not in {"shape", "size", "ndim", "T", "mT", "flat"} and name not in METHODS:
            self.not_guessed(base, node)
            return self.refuse(
                f"The attribute .{name} of a number or array is not understood.",
                node,
                "Write it with a function of NumPy that diffsrc knows.",
            )
        self.need_ranks()
        match name:
            case "shape":
                return Items(tuple([self.length(base, i, node) for i in range(rank_of(base))]))
            case "ndim":
                return self.const(rank_of(base), node)
            case "size":
                return self.size_of(base, node)
            case "T" | "mT":
                return self.made(
                    ARRAYS[f"np.{name}"], {"a": Hole(0)}, [base], f"{{0}}.{name}", node
                )
            case _ if name in METHODS:
                return Method(Static(ArrayMethod(METHODS[name], name)), base)
            case _:
                return self.refuse(
                    f"The attribute .{name} of an array is not understood.",
                    node,
                    "Write it with a function of NumPy that diffsrc knows.",
                )

    def length(self, base: Node, axis: int, node: ast.AST, text: str = "") -> Node:
        """The length of an axis, as written."""
        made = self.graph.call(
            "dim",
            base,
            options=(Template(text or f"{{0}}.shape[{axis}]"),),
            params=(axis,),
            type_=FLOAT,
        )
        return self.noted(made, node)

    def length_of(self, base: Node, node: ast.AST) -> Node:
        """`len(x)`."""
        self.need_ranks()
        if not base.type.axes:
            self.refuse("A number has no length: Python would raise.", node, "Pass an array.")
        return self.length(base, 0, node, "len({0})")

    def size_of(self, base: Node, node: ast.AST) -> Node:
        made = self.graph.call("size", base, options=(Template("{0}.size"),), type_=FLOAT)
        return self.noted(made, node)

    def noted(self, made: Node, node: ast.AST) -> Node:
        if made not in self.places:
            self.places[made] = self.place(node)
            self.libraries.add("np")
            if made.type.axes:
                self.arrays.add(made)
                self.made_in[made] = self.frame
        return made

    # Calls

    def array_call(
        self,
        operation: ArrayOperation,
        spelling: str,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.AST,
    ) -> Value:
        """A call of a function on arrays; a method's spelling begins with a point."""
        self.need_ranks()
        kinds = [p.kind for p in operation.parameters]
        if "rest" in kinds:
            at = kinds.index("rest")
            args = [*args[:at], Items(tuple(args[at:]))]
        given = self._given_to(operation, spelling, args, keywords, node)
        holes: list[Node] = []
        trees = {
            p.name: self._call_tree(p, given[p.name], holes, node) if p.name in given else p.default
            for p in operation.parameters
            if p.kind not in {"refused", "graph"}
        }
        text = self._call_text(operation, spelling, args, keywords, trees)
        return self.made(operation, trees, holes, text, node)

    def made(
        self,
        operation: ArrayOperation,
        trees: dict[str, Any],
        holes: list[Node],
        text: str,
        node: ast.AST,
    ) -> Value:
        """The node of a call, of the type that its definition has; of several values each."""
        params = tuple(trees.items())
        try:
            found = define(self.graph, operation, params, holes)
        except NotImplementedError as error:
            self.refuse(str(error), node, "Write it with other functions.")
        except (IndexError, ValueError, TypeError) as error:
            raise ShapeError(
                f"NumPy would raise: {error}.",
                self.place(node),
                "Pass arguments of other shapes.",
            ) from error
        several = found if isinstance(found, tuple) else None
        made = self.graph.call(
            operation.name,
            *holes,
            options=(Template(text),) if several is None else (Template(text), len(several)),
            params=params,
            type_=Type("tuple") if isinstance(found, tuple) else found.type,
        )
        self.noted(made, node)
        if several is None:
            return made
        parts: list[Value] = []
        for i, value in enumerate(several):
            if not isinstance(value, Node):
                parts.append(Static(value))
                continue
            part = self.graph.call(
                "np.part", made, options=(Template(f"{{0}}[{i}]"),), params=(i,), type_=value.type
            )
            parts.append(self.noted(part, node))
        type_ = namedtuple("Result", operation.fields) if operation.fields else tuple
        return Items(tuple(parts), type_)

    def _given_to(
        self,
        operation: ArrayOperation,
        spelling: str,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.AST,
    ) -> dict[str, Value]:
        parameters = [p for p in operation.parameters if p.kind != "graph"]
        title = spelt(node, spelling)
        if len(args) > len(parameters):
            self.refuse(
                f"{title} takes {len(parameters)} arguments here, not {len(args)}.",
                node,
                "Call it with the arguments that it has.",
            )
        given: dict[str, Value] = {}
        for parameter, value in zip(parameters, args, strict=False):
            given[parameter.name] = value
        known = {p.name for p in parameters}
        for name, value in keywords.items():
            if name not in known:
                self.refuse(
                    f"The argument {name!r} of {title} is not understood.",
                    node,
                    "Leave it out, or write what it does with other functions.",
                )
            if name in given:
                self.refuse(f"Two values for the argument {name!r}.", node, "Pass it once.")
            given[name] = value
        for parameter in parameters:
            if parameter.name not in given and not parameter.has_default:
                self.refuse(f"{title} needs the argument {parameter.name!r}.", node, "Pass it.")
            if parameter.kind == "refused" and parameter.name in given:
                value = given.pop(parameter.name)
                if not (isinstance(value, Static) and value.value is None):
                    self.refuse(
                        f"The argument {parameter.name!r} of {title} is not understood.",
                        node,
                        "Leave it out, or write what it does with other functions.",
                    )
        return given

    def _call_tree(
        self, parameter: Parameter, value: Value, holes: list[Node], node: ast.AST
    ) -> Any:
        """An argument as its operation has it, with holes for nodes."""
        match parameter.kind:
            case "static":
                return self._known_plain(value, parameter.name, node)
            case "list" | "rest" | "sizes" if isinstance(value, Items):
                inner = parameter._replace(kind="sizes" if parameter.kind == "sizes" else "array")
                return tuple([self._call_tree(inner, item, holes, node) for item in value.items])
            case "sizes" if self.known_number(value) is not None:
                return self.known_number(value)
            case "array" if isinstance(value, Items):
                return tuple(
                    [self._call_tree(parameter, item, holes, node) for item in value.items]
                )
            case "array" if isinstance(value, Static) and type(value.value) in {bool, type(None)}:
                return value.value
            case _:
                holes.append(self.numeric(value, node))
                return Hole(len(holes) - 1)

    def _known_plain(self, value: Value, name: str, node: ast.AST) -> Any:
        if isinstance(value, Items):
            return tuple([self._known_plain(item, name, node) for item in value.items])
        known = self.known_number(value)
        if known is None and isinstance(value, Static):
            return value.value
        if known is None:
            self.refuse(
                f"The argument {name!r} must be known before the derivative runs.",
                node,
                "Write it as a literal.",
            )
        return known

    def _call_text(
        self,
        operation: ArrayOperation,
        spelling: str,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        trees: dict[str, Any],
    ) -> str:
        """The call as the user wrote it."""
        refused = {p.name for p in operation.parameters if p.kind == "refused"}
        names = [p.name for p in operation.parameters if p.kind != "graph"]
        rest = next((p.name for p in operation.parameters if p.kind == "rest"), None)
        texts = []
        for name, value in zip(names, args, strict=False):
            if name == rest:
                texts += [f"{{{tree.index}}}" for tree in trees[name]]
            else:
                texts.append("None" if name in refused else _rendered(trees[name], value))
        texts += [
            f"{name}={_rendered(trees[name], value)}"
            for name, value in keywords.items()
            if name not in refused
        ]
        if spelling.startswith("."):
            return f"{texts[0]}{spelling}({', '.join(texts[1:])})"
        if spelling == "@":
            return f"{texts[0]} @ {texts[1]}"
        return f"{spelling.removeprefix('scipy.')}({', '.join(texts)})"


def _rendered(tree: Any, value: Value) -> str:
    """The text of an argument, with `{0}` for holes."""
    if isinstance(tree, Hole):
        return f"{{{tree.index}}}"
    if isinstance(tree, tuple):
        items = value.items if isinstance(value, Items) else (value,) * len(tree)
        inner = ", ".join(_rendered(t, v) for t, v in zip(tree, items, strict=True))
        if isinstance(value, Items) and value.type is list:
            return f"[{inner}]"
        return f"({inner},)" if len(tree) == 1 else f"({inner})"
    return f'"{tree}"' if isinstance(tree, str) else repr(tree)


def rank_of(node: Node) -> int:
    """How many axes a value has."""
    return len(node.type.axes)
