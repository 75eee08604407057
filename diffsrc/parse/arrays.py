"""Arrays: functions on them, their attributes and methods, matrix products.

They need the ranks of the arguments: a function that was read without them is read anew.
"""

from __future__ import annotations

import ast
import math
import sys
from abc import abstractmethod
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Never

from diffsrc.errors import ShapeError, UnsupportedSyntax
from diffsrc.ir import COMPLEX, FLOAT, Call, Node, Template, Type, Var
from diffsrc.ir.arrays import Hole
from diffsrc.ops.arrays import (
    ARRAYS,
    METHODS,
    ArrayOperation,
    Parameter,
    ShapeOf,
    array_operation_of,
    complete,
    define,
)
from diffsrc.ops.arrays.refused import refused_method
from diffsrc.parse.context import UNKNOWN
from diffsrc.parse.live import Live
from diffsrc.parse.unknown import spelt
from diffsrc.parse.values import Items, Method, Object, Static, Value
from diffsrc.specialise import Argument

FLOAT_KINDS = {"float16", "float32", "float64", "longdouble", "float128", "float"}
INTEGER_KINDS = {"int", "int64", "intp"}
# Of a parameter: the kinds of items that are understood, what else is told, and what to write.
KINDS = {
    "dtype": (
        FLOAT_KINDS,
        "Arrays of floats alone are understood here, of a kind that is written out.",
        "Leave dtype out, or write float, np.float32 or x.dtype.",
    ),
    "masked": (
        FLOAT_KINDS | {"bool"},
        "Arrays of floats or truth values are understood here, of a kind that is written out.",
        "Write dtype=float, np.float32, bool or x.dtype; .astype(int) of it gives integers.",
    ),
    "kind": (
        FLOAT_KINDS | {"bool"} | INTEGER_KINDS,
        "Floats, truth values and integers of 64 bits are understood here.",
        "Write float, np.float32, bool, int or x.dtype.",
    ),
}


# Reductions: NumPy's functions only call the methods, which are the same and take half as long.
DIRECT = frozenset({"sum", "mean", "var", "std", "max", "min", "prod"})


class Rest(list[object]):
    """The type of arguments that go together, though they were passed one by one."""


# Methods that are pointwise operations.
POINTWISE = frozenset({"clip", "round"})
LIBRARIES = frozenset({"numpy", "scipy", "_operator"})


class NeedsRanks(Exception):
    """Something is asked of an array that only its rank can tell.

    Attributes:
        refusal: why a function of which the result is an array is not understood.
    """

    def __init__(self, refusal: UnsupportedSyntax | None = None) -> None:
        super().__init__()
        self.refusal = refusal


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

    def ask_for_mask(self, value: Value) -> None:
        """Ask for ranks, by which an array that is given is known for truth values."""
        if isinstance(value, Node) and value in self.arrays and value.type.kind != "bool":
            self.need_ranks()

    def array_operation(self, function: object) -> ArrayOperation | None:
        """The operation that a function of a library is."""
        owner = getattr(function, "__self__", None)  # a method of a ufunc has no module
        home = getattr(function, "__module__", None) or type(owner).__module__
        if not isinstance(home, str) or home.partition(".")[0] not in LIBRARIES:
            return None
        complete()
        return array_operation_of(function)

    def axes_of(self, argument: Argument, name: str, node: ast.AST) -> tuple[str, ...]:
        """The axes of an argument, or of a part of one."""
        if argument.axes is None:
            others = [
                repr(other)
                for other, own in self.signature.arguments
                if own.axes is None and own.kind == argument.kind and other != name
            ]
            nor = f", nor {'that' if len(others) == 1 else 'those'} of {', '.join(others)}"
            raise ShapeError(
                f"The rank of {name!r} decides the derivative's code, and it is not known yet"
                f"{nor if others else ''}.",
                self.place(node),
                "Call the derivative, ask for source_for(...) with arguments, or say it: "
                f'shapes={{"{name}": "n"}}, in the command line --shapes \'{name}=n\'.',
            )
        return argument.axes

    @abstractmethod
    def elements(self, value: Value, node: ast.AST) -> tuple[Value, ...]: ...

    # Attributes

    def attribute_of_array(self, base: Node, name: str, node: ast.expr) -> Value:
        """`x.shape`, `x.T`, `x.sum`."""
        complete()
        self.not_of_dtype(base, node)
        known = {"shape", "size", "ndim", "T", "mT", "flat", "dtype"}
        if name in POINTWISE:
            self.need_ranks()
            # The same as the function, which the derivative is written with.
            return Method(Static(getattr(sys.modules["numpy"], name)), base)
        if name not in known and name not in METHODS:
            self.not_guessed(base, node)
            refused = refused_method(name)
            if refused is not None:
                self.refuse(f".{name} of an array {refused.why}.", node, refused.instead)
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
            case "dtype":
                template = Template("{0}.dtype")
                made = self.graph.call(
                    "dtype", base, options=(template,), params=("dtype",), type_=Type("dtype", ())
                )
                return self.noted(made, node)
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
        args = _gathered(operation, spelling, args)
        given = self._given_to(operation, spelling, args, keywords, node)
        if operation.method == "astype" and name_of_kind(given.get("dtype")) in INTEGER_KINDS:
            operation = ARRAYS["np.as_integers"]
        holes: list[Node] = []
        trees = {
            p.name: self.call_tree(p, given[p.name], holes, node) if p.name in given else p.default
            for p in operation.parameters
            if p.kind not in {"refused", "graph"}
        }
        text = self._call_text(operation, spelling, args, keywords, trees)
        return self.made(operation, trees, holes, text, node)

    def is_ranked_array(self, value: Value, rank: int = 0) -> bool:
        """Whether Python's own functions go through an array, of this rank if one is given."""
        if not isinstance(value, Node) or value.type.kind not in {"float", "bool"}:
            return False
        if value in self.arrays or not value.operands:
            self.need_ranks()
        return bool(value.type.axes) and rank in {0, rank_of(value)}

    def of_array(
        self, name: str, args: Sequence[Value], node: ast.AST, axis: int | None = None
    ) -> Value:
        """A call of a builtin that goes through an array."""
        (value,) = args
        assert isinstance(value, Node)
        trees: dict[str, Any] = {"a": Hole(0), "axis": axis, "keepdims": False}
        return self.made(ARRAYS[f"np.{name}"], trees, [value], f"{name}({{0}})", node)

    def made(
        self,
        operation: ArrayOperation,
        trees: dict[str, Any],
        holes: list[Node],
        text: str,
        node: ast.AST,
    ) -> Value:
        """The node of a call, of the type that its definition has; of several values each."""
        if any(hole.type is COMPLEX for hole in holes):
            self.refuse_complex(node)
        params = tuple(trees.items())
        try:
            found = define(self.graph, operation, params, holes)
        except NotImplementedError as error:
            self.refuse(str(error), node, "Write it with other functions.")
        except (IndexError, ValueError, TypeError) as error:
            given = f"Here it is given {_all_of(holes)}: pass" if holes else "Pass"
            raise ShapeError(
                f"NumPy would raise: {error}.",
                self.place(node),
                f"{given} arguments of other shapes.",
            ) from error
        several: tuple[object, ...] = found if isinstance(found, tuple) else ()
        made = self.graph.call(
            operation.name,
            *holes,
            options=(Template(text), len(several)) if several else (Template(text),),
            params=params,
            type_=Type("tuple") if isinstance(found, tuple) else numbers(found.type),
        )
        self.noted(made, node)
        if not isinstance(found, tuple):
            self._measured(made)
            return made
        parts: list[Value] = []
        for i, value in enumerate(several):
            if not isinstance(value, Node):
                parts.append(Static(value))
                continue
            part = self.graph.call(
                "np.part",
                made,
                options=(Template(f"{{0}}[{i}]"),),
                params=(i,),
                type_=numbers(value.type),
            )
            self._measured(part)
            parts.append(self.noted(part, node))
        type_ = namedtuple("Result", operation.fields) if operation.fields else tuple  # noqa: PYI024 # its types are nodes
        return Items(tuple(parts), type_)

    def refuse_complex(self, node: ast.AST) -> Never:
        self.refuse(
            "Complex numbers beside operations on whole arrays are not understood yet.",
            node,
            "Write real and imaginary parts as arrays of their own.",
        )

    def _measured(self, made: Call) -> None:
        """Lengths that only the value itself tells are asked of it, as it is written."""
        known = {size for arg in made.args for size in arg.type.axes}
        axes = list(made.type.axes)
        for i, size in enumerate(axes):
            if not isinstance(size, Call) or size.op != "dim" or size in known:
                continue
            if not isinstance(size.args[0], Var) and size.args[0] is not made:
                axes[i] = self.graph.call("dim", made, params=(i,), type_=FLOAT)
        made.type = made.type._replace(axes=tuple(axes))

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

    def call_tree(
        self, parameter: Parameter, value: Value, holes: list[Node], node: ast.AST
    ) -> Any:
        """An argument as its operation has it, with holes for nodes."""
        match parameter.kind:
            case _ if parameter.has_default and isinstance(value, Static) and value.value is None:
                return None
            case "index" if (tree := self.known_integers(value)) is not None:
                return tree
            case "static":
                return self._known_plain(value, parameter.name, node)
            case "dtype" | "masked" | "kind":
                return self._dtype_tree(parameter.kind, value, holes, node)
            case "array" if isinstance(value, Static) and value.value is None:
                return self.refuse("Nothing (None) is no array.", node, "Pass an array.")
            case "array" | "list" | "sizes" if isinstance(value, Object):
                # The items of an argument that is a list or a tuple.
                items = Items(self.elements(value, node), list)
                return self.call_tree(parameter, items, holes, node)
            case "sizes" if isinstance(value, Items) and (base := whole_shape(value)) is not None:
                holes.append(base)
                return ShapeOf(len(holes) - 1)
            case "list" | "rest" | "sizes" if isinstance(value, Items):
                inner = parameter._replace(kind="sizes" if parameter.kind == "sizes" else "array")
                return tuple([self.call_tree(inner, item, holes, node) for item in value.items])
            case "sizes" if self.known_number(value) is not None:
                return self.known_number(value)
            case "switched" if isinstance(value, Items) and len(value.items) == 2:
                array, switch = value.items
                inner = parameter._replace(kind="array")
                return (
                    self.call_tree(inner, array, holes, node),
                    self._known_plain(switch, parameter.name, node),
                )
            case "array" if isinstance(value, Items):
                inner = parameter._replace(has_default=False)
                return tuple([self.call_tree(inner, item, holes, node) for item in value.items])
            case "array" if parameter.has_default and is_switch(value):
                return value.value  # type: ignore[union-attr] # a static one
            case _:
                holes.append(self.numeric(value, node))
                return Hole(len(holes) - 1)

    def known_integers(self, value: Value) -> tuple[object, ...] | int | None:
        """Integers in tuples, of lists of such; None where there is something else."""
        if isinstance(value, Items):
            items = [self.known_integers(item) for item in value.items]
            return None if None in items else tuple(items)
        known = self.known_number(value)
        return known if type(known) is int else None

    def _dtype_tree(self, kind: str, value: Value, holes: list[Node], node: ast.AST) -> Any:
        """A kind of items: `float`, `np.float32`, `"float64"`, `x.dtype`, `bool`, of some `int`."""
        if isinstance(value, Node) and value.type.kind == "dtype":
            if value.operands[0].type.kind == "bool":
                self.refuse("This is the dtype of truth values.", node, "Write bool.")
            if kind == "kind" and value.operands[0] is not holes[0]:
                self._assume_floats_in(value.operands[0], node)
            holes.append(value)
            return Hole(len(holes) - 1)
        known = value.value if isinstance(value, Static) else UNKNOWN
        if known is None:
            return None
        name = name_of_kind(value)
        understood, refusal, instead = KINDS[kind]
        if name not in understood:
            self.refuse(refusal, node, instead)
        if isinstance(known, str):
            return f'"{name}"'
        return name if name in {"float", "int", "bool"} else f"np.{name}"

    def _assume_floats_in(self, array: Node, node: ast.AST) -> None:
        """Note that a given array holds floats, or refuse: as integers, floats are cut off."""
        source, value = self.live_value(array)
        dtype = getattr(value, "dtype", None)
        if source is not None and dtype is not None:
            if dtype.kind != "f":
                self.refuse("This is the dtype of integers.", node, "Write int, or float.")
            self.assume(source.attribute("dtype").attribute("kind"), "f")

    def _known_plain(self, value: Value, name: str, node: ast.AST) -> Any:
        if isinstance(value, Items):
            return tuple([self._known_plain(item, name, node) for item in value.items])
        known = self.known_number(value)
        if known is None and isinstance(value, Static):
            return value.value
        if known is None and isinstance(value, Node):
            known = infinity(value)
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
        kinds = {p.name: p.kind for p in operation.parameters}

        def text_of(name: str, value: Value) -> str:
            tree = trees[name]
            if kinds[name] in {"dtype", "masked", "kind"} and isinstance(tree, str):
                return tree
            return rendered(tree, value)

        texts = [
            "None" if name in refused else text_of(name, value)
            for name, value in zip(names, args, strict=False)
        ]
        texts = [text for text in texts if text]  # none of several arguments
        texts += [
            f"{name}={text_of(name, value)}"
            for name, value in keywords.items()
            if name not in refused
        ]
        if operation.method in DIRECT and spelling.startswith("np.") and is_array(args[:1]):
            spelling = f".{operation.method}"
        if spelling.startswith("."):
            return f"{texts[0]}{spelling}({', '.join(texts[1:])})"
        if spelling == "@":
            return f"{texts[0]} @ {texts[1]}"
        return f"{spelling.removeprefix('scipy.')}({', '.join(texts)})"


def is_array(values: Sequence[Value]) -> bool:
    """Whether the values are arrays that have axes."""
    return bool(values) and all(isinstance(v, Node) and v.type.axes for v in values)


def infinity(value: Node) -> float | None:
    """`np.inf`, or the number before it."""
    if not isinstance(value, Call):
        return None
    if value.op == "neg":
        inner = infinity(value.args[0])
        return None if inner is None else -inner
    return math.inf if value.op == "inf" else None


def _gathered(operation: ArrayOperation, spelling: str, args: Sequence[Value]) -> Sequence[Value]:
    """The arguments, with those together that a parameter takes all of."""
    for i, parameter in enumerate(p for p in operation.parameters if p.kind != "graph"):
        method = parameter.spread and spelling.startswith(".") and len(args) > i + 1
        if method or parameter.kind == "rest":
            return (*args[:i], Items(tuple(args[i:]), Rest))
    return args


def _all_of(nodes: Sequence[Node]) -> str:
    """Arrays by how many axes they have: `a matrix and a number`."""
    words = ["a number", "a vector", "a matrix"]
    ranks = [len(node.type.axes) for node in nodes]
    parts = [words[rank] if rank < len(words) else f"an array of {rank} axes" for rank in ranks]
    *front, last = parts
    return f"{', '.join(front)} and {last}" if front else last


def is_switch(value: Value) -> bool:
    """Whether a value is True or False."""
    return isinstance(value, Static) and type(value.value) is bool


def numbers(type_: Type) -> Type:
    """The type of what users compute with: places of items are numbers like others."""
    return type_._replace(kind="float") if type_.kind == "int" else type_


def whole_shape(value: Items) -> Node | None:
    """The array whose lengths these are, `x.shape`."""
    base: Node | None = None
    for i, item in enumerate(value.items):
        if not (isinstance(item, Call) and item.op == "dim" and item.options):
            return None
        if item.params != (i,) or (base is not None and item.args[0] is not base):
            return None
        base = item.args[0]
    return base if base is not None and len(base.type.axes) == len(value.items) else None


def name_of_kind(value: Value | None) -> str:
    """The name of a kind of items: `float`, `"float"`, `np.bool_` as `bool`; else ""."""
    known = value.value if isinstance(value, Static) else UNKNOWN
    if isinstance(known, str):
        return known
    if known is float or known is int or known is bool or is_of_numpy(known):
        return str(getattr(known, "__name__", "")).removesuffix("_")
    return ""


def is_of_numpy(known: object) -> bool:
    """Whether an object is defined by NumPy itself."""
    return getattr(known, "__module__", "") == "numpy"


def rendered(tree: Any, value: Value) -> str:
    """The text of an argument, with `{0}` for holes."""
    if isinstance(tree, Hole):
        return f"{{{tree.index}}}"
    if isinstance(tree, ShapeOf):
        return f"{{{tree.place}}}.shape"
    if isinstance(tree, tuple):
        if isinstance(value, Object):
            value = Items((value,) * len(tree), list)
        items = value.items if isinstance(value, Items) else (value,) * len(tree)
        inner = ", ".join(rendered(t, v) for t, v in zip(tree, items, strict=True))
        if isinstance(value, Items) and value.type is list:
            return f"[{inner}]"
        if isinstance(value, Items) and value.type is Rest:
            return inner
        return f"({inner},)" if len(tree) == 1 else f"({inner})"
    if isinstance(tree, float) and math.isinf(tree):
        return "np.inf" if tree > 0 else "-np.inf"
    return f'"{tree}"' if isinstance(tree, str) else repr(tree)


def rank_of(node: Node) -> int:
    """How many axes a value has."""
    return len(node.type.axes)
