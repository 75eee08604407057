"""Items of tuples, lists and dicts: those made here, and those from outside."""

from __future__ import annotations

import ast
import enum
import sys
from functools import cached_property
from typing import Never

from diffsrc.capture.scope import is_a
from diffsrc.ir import Assert, Node, Number
from diffsrc.ir.arrays import WHOLE, Hole, lengths_of, nested
from diffsrc.ir.shapes import assume_length
from diffsrc.ops.arrays import ARRAYS
from diffsrc.ops.integers import Truth
from diffsrc.parse.arrays import Rest, rendered
from diffsrc.parse.attributes import Attributes, fields_of_tuple, is_named_tuple, may_change
from diffsrc.parse.context import UNKNOWN
from diffsrc.parse.values import Items, Object, Source, Static, Table, Value, what
from diffsrc.specialise import Argument, argument_of

_KEYS = (str, int, bool, type(None))


class Subscripts(Attributes):
    """Reads `value[index]` and what has several values."""

    @cached_property
    def is_boolean(self) -> Truth:
        return Truth()

    def subscript(self, base: Value, node: ast.Subscript) -> Value:
        self.not_guessed(base, node)
        if isinstance(base, Node):
            return self.items_of_array(base, node)
        self.decided(base, node)
        self.not_of_others(base, node)
        joined = self._joined(base, node)
        if joined is not None:
            return joined
        if isinstance(node.slice, ast.Slice):
            return self._slice(base, node.slice, node)
        index = self.expression(node.slice)
        key = self.static_value(index)
        if key is UNKNOWN:
            self.not_guessed(index, node.slice)
            self.refuse(
                "The index is not known before the derivative runs.",
                node.slice,
                "Use a literal, or branches.",
            )
        return self.item(base, key, node)

    def _joined(self, base: Value, node: ast.Subscript) -> Value | None:
        """`np.r_[a, b]`, `np.c_[a, b]`."""
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(base, Static):
            return None
        name = next((n for n in ("r_", "c_") if base.value is getattr(numpy, n)), None)
        if name is None:
            return None
        self.need_ranks()
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if any(isinstance(part, ast.Slice) for part in parts):
            self.refuse(
                f"A slice in np.{name} is not understood.",
                node,
                "Write np.arange or np.linspace.",
            )
        operation = ARRAYS[f"np.{name}"]
        values = Items(tuple([self.expression(part) for part in parts]), Rest)
        holes: list[Node] = []
        tree = self.call_tree(operation.parameters[0], values, holes, node)
        text = f"np.{name}[{rendered(tree, values)}]"
        return self.made(operation, {"arrays": tree}, holes, text, node)

    def rows_of(self, value: Node, targets: list[ast.expr], node: ast.AST) -> Items:
        """The items of an array that is taken apart into as many names."""
        count = self._count_of(value, targets, node)
        spec = [WHOLE] * (len(value.type.axes) - 1)
        operation = ARRAYS["np.index"]

        def row(i: int) -> Value:
            trees = {"a": Hole(0), "spec": (("at", i), *spec)}
            return self.made(operation, trees, [value], f"{{0}}[{i}]", node)

        return Items(tuple(map(row, range(count))))

    def numbers_of(self, value: Node, targets: list[ast.expr], node: ast.AST) -> Items:
        """Those of an array with one axis, as many as names: Python's, not NumPy's."""
        count = self._count_of(value, targets, node)
        operation = ARRAYS["np.item"]

        def number(i: int) -> Value:
            trees = {"a": Hole(0), "args": (i,)}
            return self.made(operation, trees, [value], f"{{0}}.item({i})", node)

        return Items(tuple(map(number, range(count))), list)

    def _count_of(self, value: Node, targets: list[ast.expr], node: ast.AST) -> int:
        """How many items an array has that is taken apart; noted where that is not known."""
        self.need_ranks()
        if not value.type.axes:
            self.refuse(
                "A number cannot be unpacked: Python would raise.",
                node,
                "Pass an array, or its items as arguments of their own.",
            )
        size = value.type.axes[0]
        if isinstance(size, Number):
            return int(size.value)
        if any(isinstance(target, ast.Starred) for target in targets):
            self.refuse(
                "How many items the starred name gets is not known.",
                node,
                "Write slices: first, rest = x[0], x[1:].",
            )
        self._hold_length(value, len(targets), node)
        return len(targets)

    def _hold_length(self, value: Node, count: int, node: ast.AST) -> None:
        """Raise where an array has another length; in a branch, where that is reached."""
        size = value.type.axes[0]
        if self.sink.parent is None:
            assume_length(size, count)
            return
        length = self.length(value, 0, node, "len({0})")
        same = self.node("eq", (length, self.const(count, node)), node)
        self.sink.add(Assert(same, None, self.place(node)))

    def items_of_array(self, base: Node, node: ast.Subscript) -> Value:
        """`x[1:, i]`: an entry for each axis, and the text."""
        self.need_ranks()
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        holes: list[Node] = [base]
        entries: list[tuple[object, ...] | None] = []
        texts: list[str] = []
        for part in parts:
            if isinstance(part, ast.Slice):
                found = [self._slice_entry(part, holes)]
            else:
                value = self._index_value(part)
                several = isinstance(value, Items) and value.type is tuple and len(parts) == 1
                values = value.items if several and isinstance(value, Items) else (value,)
                found = [self._entry(item, part, holes) for item in values]
            entries += [entry for entry, _ in found]
            texts += [text for _, text in found]
        spec = self._whole_spec(base, entries, holes, node)
        text = f"{{0}}[{', '.join(texts)}]"
        return self.made(ARRAYS["np.index"], {"a": Hole(0), "spec": spec}, holes, text, node)

    def _index_value(self, part: ast.expr) -> Value:
        """What stands in an index; of `np.nonzero(mask)` the mask, which takes the same items."""
        if isinstance(part, ast.Call) and len(part.args) == 1 and not part.keywords:
            numpy = sys.modules.get("numpy")
            function = self.expression(part.func)
            known = function.value if isinstance(function, Static) else None
            if numpy is not None and (known is numpy.where or known is numpy.nonzero):
                mask = self.expression(part.args[0])
                if isinstance(mask, Node) and mask.type.kind == "bool":
                    return mask
        return self.expression(part)

    def _slice_entry(
        self, part: ast.Slice, holes: list[Node]
    ) -> tuple[tuple[object, ...] | None, str]:
        bounds, texts = [], []
        for bound in (part.lower, part.upper, part.step):
            held, text = self._bound_of_slice(bound, holes)
            bounds.append(held)
            texts.append(text)
        if bounds[2] == 0:
            self.refuse("The step of a slice is 0: NumPy would raise.", part, "Leave it out.")
        text = f"{texts[0]}:{texts[1]}" + (f":{texts[2]}" if part.step else "")
        return ("slice", *bounds), text

    def _entry(
        self, value: Value, part: ast.expr, holes: list[Node]
    ) -> tuple[tuple[object, ...] | None, str]:
        """One entry, None for an ellipsis, and its text."""
        known = value.value if isinstance(value, Static) else UNKNOWN
        if known is None:
            return ("new",), "None"
        if known is Ellipsis:
            return None, "..."
        if type(known) is slice:
            bounds = (known.start, known.stop, known.step)
            if all(bound is None or type(bound) is int for bound in bounds):
                texts = ["" if bound is None else str(bound) for bound in bounds]
                text = ":".join(texts if texts[2] else texts[:2])
                return ("slice", *bounds), text
        if isinstance(value, Items) and value.type in {list, tuple}:
            return self._list_entry(value, part, holes)
        number = self.known_number(value)
        if type(number) is int:
            return ("at", number), str(number)
        if type(number) is bool:
            self.refuse("One truth value as an index is not understood.", part, "Leave it out.")
        if number is not None:
            self.refuse(f"{number} is no index: NumPy would raise.", part, "Use an integer.")
        at = self.numeric(value, part)
        holes.append(at)
        hole = Hole(len(holes) - 1)
        if at.type.kind == "bool" and not at.type.axes:
            self.refuse("One truth value as an index is not understood.", part, "Use an if.")
        if at.type.kind != "bool" and at.type.axes and self.is_boolean(at):
            self.refuse(
                "Whether this index holds numbers or truth values is not known.",
                part,
                "Write x[mask.astype(bool)], or x[index.astype(int)].",
            )
        kind = "mask" if at.type.kind == "bool" else "take" if at.type.axes else "at"
        return (kind, hole), f"{{{hole.index}}}"

    def _list_entry(
        self, value: Items, part: ast.expr, holes: list[Node]
    ) -> tuple[tuple[object, ...], str]:
        """An entry of integers that are known."""
        del holes
        tree = self.known_integers(value)
        if tree is None:
            self.refuse(
                "A list of indices is understood where it holds integers that are known.",
                part,
                "Write the integers out, or pass them as an array.",
            )
        try:
            lengths_of(tree)
        except ValueError:
            self.refuse(
                "The lists in this index are not alike: NumPy would raise.",
                part,
                "Give them one length.",
            )
        return ("list", tree), nested(tree)

    def _bound_of_slice(self, part: ast.expr | None, holes: list[Node]) -> tuple[object, str]:
        if part is None:
            return None, ""
        value = self.expression(part)
        known = self.known_number(value)
        if type(known) is int:
            return known, str(known)
        if isinstance(value, Static) and value.value is None:
            return None, ""
        if known is not None:
            self.refuse(f"{known} is no bound: NumPy would raise.", part, "Use an integer.")
        holes.append(self.numeric(value, part))
        return Hole(len(holes) - 1), f"{{{len(holes) - 1}}}"

    def _whole_spec(
        self,
        base: Node,
        entries: list[tuple[object, ...] | None],
        holes: list[Node],
        node: ast.AST,
    ) -> tuple[tuple[object, ...], ...]:
        """An entry for each axis, those too that are not mentioned."""
        used = 0
        for entry in entries:
            if entry is not None and entry[0] == "mask":
                hole = entry[1]
                assert isinstance(hole, Hole)
                used += max(len(holes[hole.index].type.axes), 1)
            elif entry is not None and entry[0] != "new":
                used += 1
        missing = len(base.type.axes) - used
        if missing < 0:
            self.refuse(
                f"There are {used} indices, and the array has {len(base.type.axes)} axes: NumPy "
                "would raise.",
                node,
                "Write one index for each axis.",
            )
        rest: list[tuple[object, ...]] = [WHOLE] * missing or [("gap",)] * (None in entries)
        if None not in entries:
            return tuple([entry for entry in (*entries, *rest) if entry is not None])
        at = entries.index(None)
        return tuple([e for e in (*entries[:at], *rest, *entries[at + 1 :]) if e is not None])

    def item(self, base: Value, key: object, node: ast.AST) -> Value:
        """`base[key]` for a key that is known."""
        try:
            match base:
                case Items() if isinstance(key, int):
                    return base.items[key]
                case Table() if type(key) in _KEYS or isinstance(key, enum.Enum):
                    return base.items[key]
                case Static(value=known) if type(known) in (str, tuple, list, dict):
                    return self.constant(known[key], node)  # type: ignore[index]
                case Static(value=known) if isinstance(known, type) and issubclass(
                    known, enum.Enum
                ):
                    return Static(known.__members__[str(key)])
                case Object() if type(key) in _KEYS:
                    return self._item_of_object(base, key, node)
                case _:
                    pass
        except (LookupError, TypeError):
            self.refuse(
                f"There is no item {key!r} here: Python would raise.",
                node,
                "Use a key or an index that is there.",
            )
        return self._no_item(base, node)

    def _no_item(self, base: Value, node: ast.AST) -> Never:
        self.refuse(
            f"An item of {what(base)} is not understood.",
            node,
            "Pass the item as an argument of its own.",
        )

    def _item_of_object(self, base: Object, key: object, node: ast.AST) -> Value:
        argument, source = base.argument, None
        value = base.value
        named = is_named_tuple(type(value))
        if argument is not None and argument.items is not None:
            names = argument.names
            if argument.type is dict:
                if key not in names:
                    raise KeyError(key)
                inner = argument.items[names.index(key)]
            elif isinstance(key, int):
                inner = argument.items[key]
                key = key % len(argument.items)
            else:
                self.refuse(
                    f"There is no item {key!r} here: Python would raise.",
                    node,
                    "Use a key or an index that is there.",
                )
        elif value is None and isinstance(key, int):
            fields = fields_of_tuple(base.type)
            if fields is None:
                self._no_item(base, node)
            return self.attribute(base, fields[key], node)  # type: ignore[arg-type] # a place
        elif is_a(value, tuple) and named and isinstance(key, int):
            inner = argument_of(tuple.__getitem__(value, key))
            if base.source is not None:
                source = base.source.attribute(type(value)._fields[key])  # type: ignore[attr-defined]
        else:
            self._no_item(base, node)
        if base.source is not None and base.source.holder is None and (named or base.source.path):
            source = self._assume_part(base, key, inner, source)
        elif may_change(base.source):
            source = self._assume_item(base, key, inner, source, node)
        elif inner.kind == "object" and base.source is not None:
            # The signature holds what it is, not what its attributes are.
            source = source or base.source.item(key)
        if inner.kind == "static":
            return Static(inner.value, source)
        if named:
            # By its name, so that `p[0]` and `p.w` are one.
            read = self.graph.call("attribute", base.node, options=(type(value)._fields[key],))  # type: ignore[attr-defined]
        else:
            read = self.graph.call("item", base.node, options=(key,))
        made = self.part(read, source, inner, node)
        if inner.kind == "number":
            return made
        return Object(inner.value, made, inner.type, source, inner)

    def _assume_part(
        self, base: Object, key: object, inner: Argument, source: Source | None
    ) -> Source | None:
        """Note what was read of a container in an argument; where it is found.

        `source` is that of a field, which a named tuple may hold anything in.
        """
        assert base.source is not None
        if source is None:
            if inner.kind != "number" and may_change(base.source):
                self.assume_layout(base)
            return base.source.item(key)
        if inner.kind == "static":
            self.assume(source, inner.value)
        elif inner.kind == "object":
            self.assume_type(source, inner.value)
        return source

    def _assume_item(
        self,
        base: Object,
        key: object,
        inner: Argument,
        source: Source | None,
        node: ast.AST,
    ) -> Source | None:
        """Note what was read of a container that is no argument; where it is found."""
        if type(base.value) is dict and isinstance(key, str):
            place = Source(base.value, key)
            if inner.kind != "number":
                self.assume(base.source, base.value)
                self.assume(place, inner.value)
            return place
        if inner.kind == "number":
            return source
        if is_a(base.value, tuple):
            self.assume(base.source, base.value)
            return Source(inner.value, "")
        return self.refuse(
            "A list that holds more than numbers may change unseen.",
            node,
            "Make it a tuple or a dict.",
        )

    def _slice(self, base: Value, node: ast.Slice, whole: ast.Subscript) -> Value:
        bounds: list[int | None] = []
        for part in (node.lower, node.upper, node.step):
            bound = None
            if part is not None:
                bound = self.static_value(self.expression(part))
            if bound is not None and type(bound) is not int:
                self.refuse(
                    "The bounds of a slice must be literals.",
                    whole,
                    "Write the bounds as integers.",
                )
            bounds.append(bound)
        if isinstance(base, Static) and type(base.value) in (str, tuple):
            return Static(base.value[slice(*bounds)])  # type: ignore[index]
        items = self.elements(base, whole)
        kind = base.type if isinstance(base, Items) else tuple
        return Items(items[slice(*bounds)], list if kind is list else tuple)

    def elements(self, value: Value, node: ast.AST) -> tuple[Value, ...]:
        """The elements of a sequence whose length is known."""
        self.decided(value, node)
        self.not_guessed(value, node)
        match value:
            case Items(type=kind) if kind is not set:
                return value.items
            case Static(value=tuple() | list() | dict() as known):
                return tuple([self.constant(item, node) for item in known])
            case Table():
                return tuple([self.constant(key, node) for key in value.items])
            case Object(argument=Argument(items=tuple() as items, names=names, type=kind)):
                if kind in (tuple, list):
                    if may_change(value.source):
                        self._assume_length(value, node)
                    return tuple([self.item(value, i, node) for i in range(len(items))])
                if kind is dict and (not may_change(value.source) or self.assume_layout(value)):
                    self.ask(value, "order", names, answer=True)
                    return tuple([self.constant(name, node) for name in names])
            case Object(value=known) if is_a(known, tuple):
                if is_named_tuple(type(known)):
                    return tuple([self.item(value, i, node) for i in range(len(known))])
            case Object(value=None, type=kind) if (fields := fields_of_tuple(kind)) is not None:
                return tuple([self.attribute(value, name, node) for name in fields])  # type: ignore[arg-type] # a place
            case _:
                pass
        self.not_of_others(value, node)
        return self.refuse(
            f"The items of {what(value)} are not known before the derivative runs.",
            node,
            "Write them out as a tuple, or give them as arguments of their own.",
        )

    def assume_layout(self, value: Object) -> bool:
        """Note what is in a container in an argument; False of what is found elsewhere."""
        if value.source is None or value.source.holder is not None:
            return False
        self.assume(value.source, value.argument)
        return True

    def _assume_length(self, value: Object, node: ast.AST) -> None:
        if self.assume_layout(value):
            return
        if type(value.value) is tuple:
            self.assume(value.source, value.value)
            return
        self.refuse(
            "The length of a list that is no argument may change unseen.",
            node,
            "Make it a tuple.",
        )
