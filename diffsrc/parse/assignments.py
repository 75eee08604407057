"""Assignments, definitions and imports."""

from __future__ import annotations

import ast
import functools
import importlib
import types

from diffsrc.capture import KNOWN_MODULES
from diffsrc.ir import Const, Node
from diffsrc.parse.masks import Masks
from diffsrc.parse.values import NOTHING, Items, Static, Value

_TRANSPARENT = (functools.cache, functools.lru_cache, functools.wraps, staticmethod)


class Assignments(Masks):
    """Reads statements that give names their values."""

    def assignment(self, node: ast.Assign) -> None:
        first, *others = node.targets
        if isinstance(first, ast.Subscript) and not others and self.masked(first, node.value):
            return
        value = self._numbers_of_list(node)
        if value is None:
            value = self.expression(node.value)
        for target in node.targets:
            self.assign(target, value, node.value)

    def _numbers_of_list(self, node: ast.Assign) -> Value | None:
        """The numbers in `a, b = x.tolist()`."""
        match node:
            case ast.Assign(
                targets=[ast.Tuple(elts=targets) | ast.List(elts=targets)],
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name() as of, attr="tolist"), args=[], keywords=[]
                ),
            ):
                value = self.expression(of)
                if isinstance(value, Node) and value in self.arrays:
                    self.need_ranks()
                    if len(value.type.axes) == 1:
                        return self.numbers_of(value, targets, node)
        return None

    def assign(self, target: ast.expr, value: Value, written: ast.AST | None) -> None:
        match target:
            case ast.Name(id=name):
                self.bind(name, value, target, written)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._unpack(target, targets, value, written)
            case ast.Subscript():
                self.refuse(
                    "Setting items is not understood yet, but by a mask: b[b < 0] = 0.",
                    target,
                    "Make a new value instead, with np.where for an array.",
                )
            case ast.Attribute():
                self.refuse(
                    "Setting attributes is not understood.",
                    target,
                    "Return the value instead.",
                )
            case _:
                self.refuse("This target is not understood.", target, "Assign to names.")

    def _unpack(
        self,
        target: ast.expr,
        targets: list[ast.expr],
        value: Value,
        written: ast.AST | None,
    ) -> None:
        self.not_guessed(value, target)
        if isinstance(value, Node):
            value = self.rows_of(value, targets, target)
        items = list(self.elements(value, target))
        sources = _parts(written, len(targets), len(items))
        starred = [i for i, t in enumerate(targets) if isinstance(t, ast.Starred)]
        if starred:
            (first,) = starred
            count = len(items) - len(targets) + 1
            if count < 0:
                self.refuse(
                    "Too few values to unpack: Python would raise.",
                    target,
                    "Give as many names as there are values.",
                )
            middle = Items(tuple(items[first : first + count]), list)
            items[first : first + count] = [middle]
            sources = [None] * len(targets)
        if len(items) != len(targets):
            self.refuse(
                f"{len(items)} values for {len(targets)} names: Python would raise.",
                target,
                "Give as many names as there are values.",
            )
        for part, item, source in zip(targets, items, sources, strict=True):
            name = part.value if isinstance(part, ast.Starred) else part
            self.assign(name, item, source)

    def augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Subscript) and self.masked(node.target, node.value, node.op):
            return
        if not isinstance(node.target, ast.Name):
            self.assign(node.target, NOTHING, None)
            return
        before = self.name(ast.copy_location(ast.Name(node.target.id), node.target))
        value = self.expression(node.value)
        if isinstance(before, Items) and before.type is not tuple:
            self.refuse(
                f"A {before.type.__name__} that changes is not understood yet.",
                node,
                "Make a new one: a = a + b.",
            )
        if isinstance(before, Node):
            self._check_alone(before, node)
        self.bind(node.target.id, self.binary(node.op, before, value, node), node, None)

    def _check_alone(self, value: Node, node: ast.AugAssign) -> None:
        """Refuse to change an array in place that has another name; what is none stays none."""
        if isinstance(value, Const):
            return
        if self.owns(value):
            return
        assert isinstance(node.target, ast.Name)
        if value not in self.arrays:
            self.assume_ranks(value)
            return
        self.refuse(
            "An array is changed in place here, and others may see it.",
            node,
            f"Write {node.target.id} = {node.target.id} ... instead.",
        )

    def annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.expression(node.value), node.value)

    # Definitions

    def definition(self, node: ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            written = decorator.func if isinstance(decorator, ast.Call) else decorator
            meaning = self.expression(written)
            known = isinstance(meaning, Static) and any(
                meaning.value is known for known in _TRANSPARENT
            )
            if not known:
                self.refuse(
                    f"The decorator {ast.unparse(decorator)!r} is not understood.",
                    decorator,
                    "Leave it out.",
                )
        self._check_generator(node)
        value = self.local_function(node.name, node)
        self.used.add(node.name)
        self.bind(node.name, value, node, None)

    def _check_generator(self, node: ast.FunctionDef) -> None:
        pending: list[ast.AST] = list(node.body)
        while pending:
            inner = pending.pop()
            if isinstance(inner, ast.Yield | ast.YieldFrom):
                self.refuse(
                    "A generator is not understood yet.",
                    inner,
                    "Return the values in a tuple.",
                )
            if not isinstance(inner, ast.FunctionDef | ast.Lambda):
                pending += ast.iter_child_nodes(inner)

    def _module(self, name: str, node: ast.stmt) -> types.ModuleType:
        if name.partition(".")[0] not in KNOWN_MODULES:
            self.refuse(
                f"The import of {name!r} inside the function is not followed.",
                node,
                "Import it at the top of the module.",
            )
        try:
            return importlib.import_module(name)
        except ImportError:
            return self.refuse(
                f"There is no module {name!r}.", node, "Import it under its own name."
            )

    def import_(self, node: ast.Import) -> None:
        for alias in node.names:
            module = self._module(alias.name, node)
            top = alias.name.partition(".")[0]
            if alias.asname is None and top != alias.name:
                module = self._module(top, node)
            self.bind(alias.asname or top, Static(module), node, None)

    def import_from(self, node: ast.ImportFrom) -> None:
        if node.level or node.module is None:
            self.refuse(
                "A relative import inside the function is not followed.",
                node,
                "Import it at the top of the module.",
            )
        module = Static(self._module(node.module, node))
        for alias in node.names:
            written = ast.copy_location(ast.Name(alias.name), alias)
            value = self.attribute(module, alias.name, written)
            self.bind(alias.asname or alias.name, value, node, written)


def _parts(written: ast.AST | None, targets: int, items: int) -> list[ast.AST | None]:
    """The expressions that the items of a tuple come from, where it is written out."""
    if isinstance(written, ast.Tuple | ast.List) and len(written.elts) == items:
        return list(written.elts)
    return [None] * targets
