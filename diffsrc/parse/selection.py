"""Functions of NumPy that choose and are no single operation: `np.piecewise`, `np.where(m)`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from diffsrc.capture import Captured
from diffsrc.ir import Call, Node, reachable
from diffsrc.ops import operation_of
from diffsrc.ops.arrays import ARRAYS
from diffsrc.parse.calls import Calls
from diffsrc.parse.values import Local, Method, Object, Partial, Static, Value
from diffsrc.specialise import Signature

Keywords = dict[str, Value]


class Selections(Calls):
    """Reads calls of such functions."""

    def __init__(self, captured: Captured, signature: Signature) -> None:
        super().__init__(captured, signature)
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            self.handlers[id(numpy.where)] = self._where
            self.handlers[id(numpy.piecewise)] = self._piecewise

    def _where(self, args: list[Value], keywords: Keywords, node: ast.expr) -> Value:
        """`np.where`; of a condition alone it gives the places where that holds."""
        if len(args) == 1 and not keywords:
            return self.array_call(ARRAYS["np.nonzero"], "np.nonzero", args, {}, node)
        known = operation_of(sys.modules["numpy"].where)
        assert known is not None
        return self.operate(*known, args, keywords, node)

    def _piecewise(self, args: list[Value], keywords: Keywords, node: ast.expr) -> Value:
        """`np.piecewise(x, conditions, functions)` as choices, the last condition first."""
        if len(args) < 3:
            self.refuse(
                "np.piecewise takes an array, conditions and functions, by position here.",
                node,
                "Write np.piecewise(x, [x < 0], [f, g]).",
            )
        x, conditions, functions = self.numeric(args[0], node), args[1], args[2]
        given = isinstance(conditions, Node)
        asked = (conditions,) if given else self.elements(conditions, node)
        arms = list(self.elements(functions, node))
        if len(arms) not in {len(asked), len(asked) + 1}:
            self.refuse(
                f"There are {len(asked)} conditions and {len(arms)} functions: NumPy would raise.",
                node,
                "Give one function for each condition, and one more for the rest.",
            )
        made = self.const(0.0, node)
        if len(arms) > len(asked):
            made = self._arm(arms.pop(), x, (args[3:], keywords), node)
        for condition, arm in zip(asked, arms, strict=True):
            value = self._arm(arm, x, (args[3:], keywords), node)
            choice = (self.truth_node(condition, node), value, made)
            made = self.node("select", choice, node, "np.where")
        return made

    def _arm(
        self,
        function: Value,
        x: Node,
        rest: tuple[Sequence[Value], Keywords],
        node: ast.expr,
    ) -> Node:
        """What a function gives where its condition holds, of which it gets those items alone."""
        called = isinstance(function, Local | Method | Object | Partial)
        if not (called or (isinstance(function, Static) and callable(function.value))):
            return self.numeric(function, node)
        # An item stands for all: what sums over them would see those alone.
        item = self.node("pos", (x,), node)
        value = self.numeric(self.call(function, [item, *rest[0]], rest[1], node), node)
        if value is x:
            return x
        made: dict[Node, Node] = {item: x}
        for below in reachable((value,), stop={item}):
            changed = any(made.get(arg, arg) is not arg for arg in below.operands)
            if below is item or not changed:
                continue
            if not isinstance(below, Call) or below.params or below.op in ARRAYS:
                self.refuse(
                    "A function of np.piecewise that is more than pointwise is not understood.",
                    node,
                    "Write x[condition] and np.where.",
                )
            made[below] = self.node(
                below.op,
                tuple([made.get(arg, arg) for arg in below.args]),
                node,
                str(below.options[0]) if below.options else "",
            )
        return made.get(value, value)
