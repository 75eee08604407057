"""Statements, one after the other, along every path of a function."""

from __future__ import annotations

import ast
import types
from typing import Never

from diffsrc.capture import Captured
from diffsrc.ir import Assert, Const, Fail, Node
from diffsrc.ops import operation_of
from diffsrc.ops.arrays import ARRAYS
from diffsrc.parse.assignments import Assignments
from diffsrc.parse.context import Stop
from diffsrc.parse.live import diffsrc_primal
from diffsrc.parse.values import (
    NOTHING,
    Answer,
    Frame,
    Items,
    Local,
    Method,
    Outcome,
    Sink,
    Static,
    Value,
)
from diffsrc.specialise import Signature

MAX_COPIES = 64
MAX_CALLERS = 200

_LOOP = "Loops are not understood yet: write the terms out, or use sum([...])."
_NOT_YET = {
    ast.For: ("A for loop", _LOOP),
    ast.While: ("A while loop", _LOOP),
    ast.AsyncFor: ("An async for loop", "Only plain functions have derivatives."),
    ast.With: ("with", "Do it outside the function."),
    ast.AsyncWith: ("async with", "Do it outside the function."),
    ast.Try: ("try", "Ask beforehand whether it will work, with if."),
    ast.TryStar: ("try", "Ask beforehand whether it will work, with if."),
    ast.Delete: ("del", "Leave it out."),
    ast.Global: ("global", "Pass the value as an argument and return it."),
    ast.Nonlocal: ("nonlocal", "Pass the value as an argument and return it."),
    ast.ClassDef: ("A class in a function", "Move it out of the function."),
    ast.AsyncFunctionDef: ("An async function", "Write a plain function."),
}

# Methods that change an array, and functions that give what it becomes.
IN_PLACE = {"fill": "np.full_like", "sort": "np.sort"}


class Cases:
    """The cases of a `match` that are left."""

    __slots__ = ("cases", "node", "subject")

    def __init__(self, node: ast.Match, subject: Value, cases: list[ast.match_case]) -> None:
        self.node = node
        self.subject = subject
        self.cases = cases


class Trips:
    """What a `for` loop goes through."""

    __slots__ = ("node", "values")

    def __init__(self, node: ast.For, values: tuple[Value, ...]) -> None:
        self.node = node
        self.values = values


class Todo:
    """What is left of a path: statements or trips from an index, then what comes after."""

    __slots__ = ("index", "item", "next")

    def __init__(
        self,
        item: list[ast.stmt] | Cases | Trips | Frame,
        index: int = 0,
        next_: Todo | None = None,
    ) -> None:
        self.item = item
        self.index = index
        self.next = next_


class Statements(Assignments):
    """Reads statements."""

    def __init__(self, captured: Captured, signature: Signature) -> None:
        super().__init__(captured, signature)
        self.exits: dict[int, bool] = {}
        self.simple = {
            ast.Assign: self.assignment,
            ast.AugAssign: self.augmented,
            ast.AnnAssign: self.annotated,
            ast.Assert: self._assertion,
            ast.FunctionDef: self.definition,
            ast.Import: self.import_,
            ast.ImportFrom: self.import_from,
            ast.Pass: lambda _: None,
        }

    def body(self, frame: Frame, sink: Sink) -> Outcome:
        if isinstance(frame.node, ast.FunctionDef):
            return self._run(Todo(frame.node.body), sink)
        before, self.sink = self.sink, sink
        try:
            value = self.expression(frame.node.body)
        except Stop as stop:
            return Outcome(sink.statements, fail=stop.fail)
        finally:
            self.sink = before
        return self._ended(sink, value, frame.node.body)

    def _run(self, todo: Todo, sink: Sink, *, part: bool = False) -> Outcome:
        """Read a path to its end; `part`: only to the end of an arm."""
        before, self.sink = self.sink, sink
        try:
            step: Todo | Outcome | None = todo
            while isinstance(step, Todo):
                step = self._step(step)
            if step is not None:
                return step
        except Stop as stop:
            return Outcome(sink.statements, fail=stop.fail)
        finally:
            self.sink = before
        if part:
            return Outcome(sink.statements)
        return self._ended(sink, NOTHING, self.frame.node)

    def _ended(self, sink: Sink, value: Value, node: ast.AST) -> Outcome:
        self.frame.endings += 1
        self.frame.final = self.frame.env
        return Outcome(sink.statements, value, place=self.place(node))

    def _step(self, todo: Todo) -> Todo | Outcome | None:
        """Read up to the next statement that decides where it goes on."""
        item = todo.item
        if isinstance(item, Frame):
            self.frame = item
            return todo.next
        if isinstance(item, Cases):
            return self._case(item, todo.next)
        if isinstance(item, Trips):
            return self._trip(item, todo)
        for index in range(todo.index, len(item)):
            statement = item[index]
            simple = self.simple.get(type(statement))
            if simple is None:
                return self._control(statement, Todo(item, index + 1, todo.next))
            simple(statement)  # type: ignore[operator]
        return todo.next

    def _control(self, statement: ast.stmt, rest: Todo) -> Todo | Outcome | None:
        match statement:
            case ast.If():
                condition = self.condition(statement.test)
                return self._branch(condition, statement.body, statement.orelse, rest, statement)
            case ast.Match():
                subject = self.expression(statement.subject)
                return Todo(Cases(statement, subject, statement.cases), 0, rest)
            case ast.For() if self.is_count(statement.iter):
                return self._not_yet(statement)
            case ast.For():
                values = self.gone_through(self.expression(statement.iter), statement.iter)
                return Todo(Trips(statement, values), 0, rest)
            case ast.Break():
                return _loop(rest).next
            case ast.Continue():
                return _loop(rest)
            case ast.Return():
                value = NOTHING
                if statement.value is not None:
                    value = self.expression(statement.value)  # type: ignore[assignment]
                return self._return(value, statement, rest)
            case ast.Raise():
                raise Stop(self._raised(statement))
            case ast.Expr(value=ast.Call() as call) if self.changed_by_method(call):
                return rest
            case ast.Expr(value=ast.Call() as call):
                return self._effect(call, rest)
            case ast.Expr(value=value):
                if not isinstance(value, ast.Constant):
                    self.expression(value)
                return rest
            case _:
                return self._not_yet(statement)

    def _not_yet(self, statement: ast.stmt) -> Never:
        title, advice = _NOT_YET.get(type(statement), (f"{type(statement).__name__} syntax", ""))
        self.refuse(f"{title} is not understood yet.", statement, advice)

    # Where it goes on

    def _trip(self, trips: Trips, todo: Todo) -> Todo:
        """The next trip of a loop, or what comes after the last."""
        loop = trips.node
        if todo.index == len(trips.values):
            return Todo(loop.orelse, 0, todo.next)
        value = trips.values[todo.index]
        self.assign(loop.target, value, _written(value))
        return Todo(loop.body, 0, Todo(trips, todo.index + 1, todo.next))

    def _branch(
        self,
        condition: Answer,
        then: list[ast.stmt] | Cases,
        orelse: list[ast.stmt] | Cases,
        rest: Todo | None,
        node: ast.If | ast.Match,
    ) -> Todo | Outcome | None:
        """One arm if that is known; else both, joined where they end."""
        if isinstance(condition, bool):
            return Todo(then if condition else orelse, 0, rest)
        if not (self._may_exit(then) or self._may_exit(orelse)):
            outcomes = [
                self.apart(
                    lambda sink, arm=arm: self._run(Todo(arm), sink, part=True)  # type: ignore[misc]
                )
                for arm in (then, orelse)
            ]
            self.joined(condition, outcomes[0], outcomes[1], node)
            return rest
        if not (_always_exits(then) or _always_exits(orelse)) and _is_left(rest):
            self.copies += 1
            if self.copies > MAX_COPIES:
                self.refuse(
                    "Too many returns inside branches: what follows would be written "
                    f"more than {MAX_COPIES} times.",
                    node,
                    "Give a variable its value in the branches, return at the end.",
                )
        outcomes = [
            self.apart(lambda sink, arm=arm: self._run(Todo(arm, 0, rest), sink))  # type: ignore[misc]
            for arm in (then, orelse)
        ]
        return self.returned(condition, outcomes[0], outcomes[1], node)

    def _may_exit(self, arm: list[ast.stmt] | Cases) -> bool:
        """Tell whether an arm has an effect, or an end of the function, in it."""
        if isinstance(arm, Cases):
            return any(self._may_exit(case.body) for case in arm.cases)
        known = self.exits.get(id(arm))
        if known is None:
            known = any(self._exits(statement) for statement in arm)
            self.exits[id(arm)] = known
        return known

    def _exits(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Return() | ast.Raise() | ast.Assert() | ast.Break() | ast.Continue():
                return True
            case ast.Expr(value=value):
                return isinstance(value, ast.Call)
            case ast.If() | ast.For():
                return self._may_exit(statement.body) or self._may_exit(statement.orelse)
            case ast.Match(cases=cases):
                return any(self._may_exit(case.body) for case in cases)
            case _:
                return False

    def _case(self, item: Cases, rest: Todo | None) -> Todo | Outcome | None:
        """The first case that fits, or may."""
        for index, case in enumerate(item.cases):
            condition = self.fits(case, item.subject)
            if condition is False:
                continue
            left = Cases(item.node, item.subject, item.cases[index + 1 :])
            return self._branch(condition, case.body, left, rest, item.node)
        return rest

    def _return(self, value: Value, node: ast.stmt, rest: Todo | None) -> Todo | Outcome | None:
        if self.frame.caller is None:
            return self._ended(self.sink, value, node)
        while rest is not None and rest.item is not self.frame.caller:
            rest = rest.next
        return rest

    def changed_by_method(self, node: ast.Call) -> bool:
        """Read `y.sort()` of an array that nobody else sees: a new value of `y`."""
        function = node.func
        if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
            return False
        name, method = function.value, function.attr
        if method not in IN_PLACE or self.frame.env.get(name.id) is None:
            return False
        array = self.expression(name)
        if not isinstance(array, Node) or array not in self.arrays:
            return False
        self.need_ranks()
        self.check_owned(array, name, node)
        args, keywords = self.arguments(node)
        operation = ARRAYS[IN_PLACE[method]]
        value = self.array_call(operation, operation.spellings[0], [array, *args], keywords, node)
        self.bind(name.id, value, node, None)
        return True

    def _effect(self, call: ast.Call, rest: Todo) -> Todo | None:
        """A call as a statement: its body is read as if it stood here."""
        function = self.expression(call.func)
        args: list[Value]
        if isinstance(function, Static) and function.value is super:
            self.call_expression(call)
            return rest
        args, keywords = self.arguments(call)
        while isinstance(function, Method):
            args.insert(0, function.receiver)
            function = function.function
        frame: Frame | None = None
        if isinstance(function, Local) and isinstance(function.node, ast.FunctionDef):
            frame = self.local_frame(function, args, keywords, call)
        elif isinstance(function, Static) and self._is_plain(function.value):
            self.check_known(function.value, call)
            frame = self.static_frame(function.value, args, keywords, call)
        if frame is None or not isinstance(frame.node, ast.FunctionDef):
            self.call(function, args, keywords, call)
            return rest
        caller = self.frame
        frame.caller = caller
        self.count_call(frame, call)
        self._count_callers(frame, call)
        self.name_arguments(frame, self.sink, caller, call)
        self.frame = frame
        return Todo(frame.node.body, 0, Todo(caller, 0, rest))

    def _is_plain(self, function: object) -> bool:
        return (
            isinstance(function, types.FunctionType)
            and operation_of(function) is None
            and id(function) not in self.handlers
            and diffsrc_primal(function) is None
        )

    def _count_callers(self, frame: Frame, node: ast.AST) -> None:
        count, caller = 0, frame.caller
        while caller is not None:
            count, caller = count + 1, caller.caller
        if count > MAX_CALLERS:
            self.refuse(
                f"The recursion of {frame.name} does not end.",
                node,
                "Make the argument that it stops at static: an int that counts down.",
            )

    # Errors

    def _raised(self, node: ast.Raise) -> Fail:
        if node.exc is None:
            self.refuse(
                "raise without an error is not understood.",
                node,
                "Name the error: raise ValueError(...).",
            )
        if node.cause is not None and not (
            isinstance(node.cause, ast.Constant) and node.cause.value is None
        ):
            self.refuse(
                "raise ... from an error is not understood.",
                node,
                "Leave out the from.",
            )
        return Fail(self.error(node.exc), self.place(node))

    def _assertion(self, node: ast.Assert) -> None:
        condition = self.condition(node.test)
        if condition is True:
            return
        message: Value | None = None
        if node.msg is not None:
            written = node.msg
            message = self.trial(lambda: self.expression(written)).value
        if condition is False:
            pieces: list[str | Value] = ["AssertionError("]
            pieces += [message] if message is not None else []
            error = self.text_node(self.join([*pieces, ")"], node), "raise", node)
            raise Stop(Fail(error, self.place(node)))
        text = None if message is None else self.text_node(message, "text", node)
        self.sink.add(Assert(condition, text, self.place(node)))


def _written(value: Value) -> ast.expr:
    """What a loop gives to a name, as written: what counts trips has no line of its own."""
    match value:
        case Const():
            return ast.Name("")
        case Items(items=items):
            return ast.Tuple([_written(item) for item in items])
        case _:
            return ast.Constant(None)


def _loop(todo: Todo | None) -> Todo:
    """What is left from the next trip of the innermost loop on."""
    while todo is not None and not isinstance(todo.item, Trips):
        todo = todo.next
    assert todo is not None  # Python has seen that `break` stands in a loop
    return todo


def _is_left(todo: Todo | None) -> bool:
    """Tell whether statements are left."""
    while todo is not None:
        if isinstance(todo.item, Cases | Trips):
            return True
        if isinstance(todo.item, list) and todo.index < len(todo.item):
            return True
        todo = todo.next
    return False


def _always_exits(arm: list[ast.stmt] | Cases) -> bool:
    """Tell whether no path leads to the end of an arm."""
    if isinstance(arm, Cases):
        return _all_exit(arm.cases)
    for statement in arm:
        match statement:
            case ast.Return() | ast.Raise():
                return True
            case ast.If(body=body, orelse=orelse):
                if _always_exits(body) and _always_exits(orelse):
                    return True
            case ast.Match(cases=cases):
                if _all_exit(cases):
                    return True
            case _:
                pass
    return False


def _all_exit(cases: list[ast.match_case]) -> bool:
    if not cases:
        return False
    last = cases[-1]
    default = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
    return default and last.guard is None and all(_always_exits(case.body) for case in cases)
