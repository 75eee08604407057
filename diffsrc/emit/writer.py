"""The lines of a function: values under their names, choices, what is returned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from diffsrc.emit.breaking import (
    NAME,
    arguments,
    conditional,
    evaluated,
    logical,
    middle,
    smaller,
    table,
    terms,
)
from diffsrc.emit.expressions import ATOM, COMPARISONS, HOLE, INFIX, MODULES, Printer
from diffsrc.emit.names import Numbers, suggestion
from diffsrc.emit.plan import Plan, is_statement, other_operand, planned
from diffsrc.emit.returned import Returned
from diffsrc.emit.signature import INDENT, WIDTH
from diffsrc.emit.uses import Path, Uses
from diffsrc.ir import (
    Assert,
    Bind,
    Block,
    Call,
    If,
    Let,
    Node,
    Program,
    Result,
    Var,
    containers_of,
    reachable,
)
from diffsrc.ops.memory import is_new

if TYPE_CHECKING:
    from diffsrc.emit.reuse import Reuse


class Otherwise(NamedTuple):
    """The other arm of a choice.

    Attributes:
        results: what is written there.
        names: what these are called.
        start: the number of lines before it.
    """

    results: tuple[Node, ...]
    names: list[str]
    start: int


class Writer:
    """Writes the lines of one function."""

    def __init__(
        self,
        program: Program,
        own: Iterable[str],
        named: Mapping[Node, str] | None = None,
        *,
        traced: Writer | None = None,
        reuse: Reuse | None = None,
    ) -> None:
        self.program = program
        self.known: Uses | None = traced.uses if traced is not None else None
        self.uses: Uses = Uses()
        self.lines: list[str] = []
        self.path: Path = ()
        self.branches = 0
        self.body_plan: Plan | None = traced.body_plan if traced is not None else None
        self.names: dict[Node, str] = dict(named or {})
        self.given: dict[Node, str] = {}  # the first name of each value, which stays known
        self.preferred: dict[Node, str] = {}
        self.choosing: list[Node] = []  # the results whose arms are being written
        self.otherwise: Otherwise | None = None  # such an arm of no more than values
        self.printer = Printer(self.names, program)
        self.beside = side_by_side(program.body) if program.graph.ranked else {}
        # The user's names are his values' only.
        self.holders: dict[str, list[Node | None]] = {n: [] for n in own}
        self.holders |= {n: [None] for n in program.taken}
        for parameter in program.parameters:
            self.holders[parameter.name] = [parameter.node]
        for container in containers_of(program.structure):
            if container.model:
                self.holders[container.parameter] = [None]
        for free in program.free:
            self.holders[free.var.name] = [None]
        self.holders |= {name: [None] for name in MODULES}
        self.holders |= {name: [None] for name in self.names.values()}
        self.reuse = reuse
        for name in reuse.names.values() if reuse is not None else ():
            self.holders.setdefault(name, [])
        self.numbers = Numbers(self.holders)

    # Blocks

    def block(self, block: Block, level: int, *, chained: bool = False) -> None:
        """A block in tail position: it returns or raises. A chain of returns goes on as one."""
        outer = len(self.names)
        tail = self._tail(block, chained=chained)
        ends = [tail.condition] if tail is not None else list(block.results)
        self._statements(block, ends, tail, level)
        if block.fail is not None:
            self._line(level, f"raise {self.printer(block.fail.error)}")
        elif tail is None:
            self._return(block.results, level)
        else:
            indices = [r.index for r in block.results if isinstance(r, Result)]
            then, orelse = (_with_results(arm, indices) for arm in (tail.then, tail.orelse))
            self._line(level, f"if {self._condition(tail.condition, level)}:")
            self._branch(
                lambda: self.block(then, level + 1),
                lambda: self.block(orelse, level, chained=True),
            )
        self._restore(outer)

    def _branch(self, then: Callable[[], None], orelse: Callable[[], None]) -> None:
        outer = self.path
        self.branches += 1
        number = self.branches
        for arm, write in ((True, then), (False, orelse)):
            self.path = (*outer, (number, arm))
            write()
        self.path = outer

    def _restore(self, outer: int) -> None:
        """Forget the names that were given since there were `outer` of them."""
        while len(self.names) > outer:
            self.names.popitem()

    def _tail(self, block: Block, *, chained: bool) -> If | None:
        if block.fails or not block.results:
            return None
        first = block.results[0]
        if not isinstance(first, Result) or first in self.names:
            return None
        of = first.of
        if not all(isinstance(r, Result) and r.of is of for r in block.results):
            return None
        chain = any(isinstance(r, Result) for r in of.orelse.results)
        whole = chained or chain or len(block.results) > 1 or is_statement(of, self.names)
        return of if whole else None

    def _statements(self, block: Block, ends: list[Node], tail: If | None, level: int) -> None:
        """The lines before the end of a block: the values that its end needs."""
        checks = [s for s in block.statements if isinstance(s, Assert)]
        ends = ends + [n for c in checks for n in (c.condition, c.message) if n is not None]
        if block.fail is not None:
            ends.append(block.fail.error)
        arms = [] if tail is None else [*tail.then.roots(), *tail.orelse.roots()]
        if self.body_plan is not None and block is self.program.body:
            plan = self.body_plan
        else:
            inside = set(reachable([*ends, *arms], stop=self.names.keys()))
            needed = [
                s
                for s in block.statements
                if not isinstance(s, Assert) and s.node in inside and s.node not in self.names
            ]
            lets = [s for s in needed if isinstance(s, Let)]
            binds = [s.node for s in needed if isinstance(s, Bind)]
            plan = planned(lets, binds, ends, tail, self.names)
        if block is self.program.body:
            self.body_plan = plan
        if not checks:
            self._bind(plan.order, plan, level)
            return
        before: list[Node] = []
        for statement in block.statements:
            if isinstance(statement, Assert):
                self._compute([*before, statement.condition], plan, level)
                self._assert(statement, level)
                before.clear()
            elif statement.node in plan.bound:
                before.append(statement.node)
        self._compute([*before, *ends], plan, level)

    def _assert(self, check: Assert, level: int) -> None:
        text = f"assert {self.printer(check.condition)}"
        if check.message is not None:
            text += f", {self.printer(check.message)}"
        self._line(level, text)

    # Lines

    def _compute(self, ends: Sequence[Node], plan: Plan, level: int) -> None:
        """Lines for all bound values below `ends`, operands first."""
        self._bind(reachable(ends, arms=False, stop=self.names.keys()), plan, level)

    def _bind(self, nodes: Sequence[Node], plan: Plan, level: int) -> None:
        """Lines for those of the nodes that get one and have none."""
        names, bound = self.names, plan.bound
        for node in nodes:
            if node not in bound or node in names or self._is_inverted(node, plan, level):
                continue
            if node in self.beside and self._assign_together(self.beside[node], plan, level):
                continue
            waves = self._waves(node, plan)
            group = self._group(node, plan) if isinstance(node, Result) else None
            if waves:
                names_ = [self._name(wave, plan) for wave in waves]
                self._line(level, f"{', '.join(names_)} = {', '.join(map(self.printer, waves))}")
                names.update(zip(waves, names_, strict=True))
            elif group:
                self._choice(group, plan, level)
            else:
                self._assign(node, plan, level)

    def _is_inverted(self, node: Node, plan: Plan, level: int) -> bool:
        """Whether a matrix stands in `inv_K = np.linalg.inv(...)`, whose name has its name."""
        if node not in plan.inverted:
            return False
        name = f"inv_{plan.user[node]}"
        line = f"{name} = np.linalg.inv({self.printer(node)})"
        if len(line) + level * len(INDENT) > WIDTH or name in self.holders:
            return False
        self.preferred[plan.inverted[node]] = name
        return True

    def _waves(self, node: Node, plan: Plan) -> list[Node]:
        """The sine and cosine of one angle beside arrays, which a person has in one line."""
        if not node.operands or node.type.axes or not self.program.graph.ranked:
            return []
        found = plan.waves.get(node.operands[0], [])
        free = node in found and all(n not in self.names for n in found)
        return found if free and len(found) == 2 else []

    def _group(self, node: Result, plan: Plan) -> list[Result] | None:
        for group in plan.choices.get(node.of.condition, ()):
            if node in group:
                return group
        return None

    def _assign(self, node: Node, plan: Plan, level: int) -> None:
        if node.type.kind == "tuple" and self._unpack(node, plan, level):
            return
        if self.reuse is not None and node in self.reuse.arrays:
            self._write_over(node, self.reuse.arrays[node], level)
            return
        name = self._name(node, plan)
        if isinstance(node, Call) and node.op == "scatter":
            self._scatter(node, name, level)
            self.names[node] = name
            return
        # The text may take lines before its own.
        text = self._fitted(node, level, len(name) + 3)
        self.lines.append(f"{INDENT * level}{name} = {text}")
        self.names[node] = name

    def _write_over(self, node: Node, array: Node, level: int) -> None:
        """`exps /= total`, what is computed in the place of an array."""
        assert isinstance(node, Call)
        name, (symbol, _) = self._name(node, Plan({})), INFIX[node.op]
        other = other_operand(node, array)
        # The text may take lines before its own.
        text = self._fitted(other, level, len(name) + 4)
        self.lines.append(f"{INDENT * level}{name} {symbol}= {text}")
        self.names[node] = name

    def _unpack(self, node: Node, plan: Plan, level: int) -> bool:
        """`w, v = np.linalg.eigh(A)`, with names for those of several values that are needed."""
        assert isinstance(node, Call)
        count = node.options[1]
        assert isinstance(count, int)
        parts = {
            part.params[0]: part
            for part in plan.order
            if isinstance(part, Call) and part.op == "np.part" and part.args[0] is node
        }
        found = [self._name(parts[i], plan) if i in parts else "_" for i in range(count)]
        if not parts:
            return False
        left = ", ".join(found)
        text = self._fitted(node, level, len(left) + 3)
        self.lines.append(f"{INDENT * level}{left} = {text}")
        self.names.update({part: found[i] for i, part in parts.items()})
        return True

    def _scatter(self, node: Call, name: str, level: int) -> None:
        """What is added to items of a new array, each in a line."""
        first = node.args[0]
        text = self._fitted(first, level, len(name) + 3)
        if first in self.names or not is_new(first):
            text = f"{self.printer(first, ATOM)}.copy()"
        self._line(level, f"{name} = {text}")
        for target, text in node.params:
            if not target:
                self._put_by_call(node, text.replace("{name}", name), level)
                continue
            before, _, hole = f"{name}{target} {text}".rpartition("{")
            left = self.printer.filled(before, node.args)
            # The text may take lines before its own.
            value = self._fitted(node.args[int(hole[:-1])], level, len(left))
            self._line(level, left + value)

    def _put_by_call(self, node: Call, line: str, level: int) -> None:
        """A line like `np.add.at(d_x, i, value)`; what is long gets a name, the longest first."""
        filled = self.printer.filled(line, node.args)
        args = [node.args[int(i)] for i in HOLE.findall(line)]
        long = [arg for arg in args if arg.operands and arg not in self.names]
        while len(filled) + level * len(INDENT) > WIDTH and long:
            part = max(long, key=lambda arg: len(self.printer(arg)))
            long.remove(part)
            self._assign(part, Plan({}), level)
            filled = self.printer.filled(line, node.args)
        self._line(level, filled)

    def _assign_together(self, lets: list[Let], plan: Plan, level: int) -> bool:
        """`a, b = x[0], x[1]` where the user has it in one statement, and it fits."""
        nodes = [let.node for let in lets]
        if any(n not in plan.bound or n in self.names or plan.user.get(n) is None for n in nodes):
            return False
        inside = reachable([n for node in nodes for n in node.operands], stop=self.names.keys())
        if not plan.bound.isdisjoint(inside):
            return False
        names = [self._name(node, plan) for node in nodes]
        text = f"{', '.join(names)} = {', '.join(map(self.printer, nodes))}"
        if names != [let.name for let in lets] or len(text) + level * len(INDENT) > WIDTH:
            for node, name in zip(nodes, names, strict=True):
                self.preferred[node] = name
            return False
        self._line(level, text)
        self.names.update(zip(nodes, names, strict=True))
        return True

    def _condition(self, node: Node, level: int) -> str:
        """The text of a condition; of a comparison, which has two sides in any case, in parts."""
        if isinstance(node, Call) and node.op in COMPARISONS and not node.options:
            return self._fitted(node, level, len("if :"))
        return logical(self.printer(node), level)

    def _fitted(self, node: Node, level: int, used: int, deeper: int = 0) -> str:
        """The text of a value, with parts of it given lines of their own while it is too long."""
        room = WIDTH - used - (level + deeper) * len(INDENT)
        while True:
            text = self.printer(node)
            # A name has no parts, even where it alone is too long.
            if len(text) <= room or node in self.names:
                return text
            rows = terms(self.printer, node, level + deeper)
            part = smaller(self.printer, node, room) if node.type.axes else None
            if part is not None:
                self._assign(part, Plan({}), level)
                continue
            rows = rows or table(self.printer, node, level + deeper)
            if rows is not None:
                return rows
            inside = evaluated(node, self.names)
            short = WIDTH - NAME - level * len(INDENT)
            choices = [n for n in inside if isinstance(n, Result)]
            part = next((n for n in choices if len(self.printer(n)) <= short), None)
            if part is None:
                part = middle(self.printer, inside, len(text) // 2)
            if part is not None:
                self._assign(part, Plan({}), level)
                continue
            rows = conditional(self.printer, node, level + deeper)
            choice = next((n for n in (*inside, node) if isinstance(n, Result)), None)
            if rows is None and choice is not None:
                self._choice([choice], Plan({}), level)
                continue
            return rows or arguments(self.printer, node, level + deeper) or text

    def _choice(self, group: list[Result], plan: Plan, level: int) -> None:
        """One `if` that gives a value to every result of the group in both arms."""
        results = [r for r in group if r not in self.names]
        condition = results[0].of.condition
        fails = results[0].of.then.fails or results[0].of.orelse.fails
        self._compute((condition,), plan, level)
        outside = reachable([r.of for r in results], stop=self.names.keys())
        needed = [n for n in outside if n in plan.bound and not isinstance(n, Result)]
        self._compute(needed, plan, level)
        names = [self._name(r, plan) for r in results]
        then = _joined([r.of.then for r in results], [r.index for r in results])
        orelse = _joined([r.of.orelse for r in results], [r.index for r in results])
        word = "if"
        if not then.fails and self._is_elif(results, names, plan, level):
            word, level = "elif", level - 1
        margin = INDENT * level
        self._line(level, f"{word} {self._condition(condition, level)}:")
        start = len(self.lines)

        def otherwise() -> None:
            if fails and then.fails:
                self._arm(orelse, names, level)
                return
            end = len(self.lines)
            checked = any(isinstance(s, Assert) for s in orelse.statements)
            if end > start and not (orelse.fails or checked):
                self.otherwise = Otherwise(orelse.results, names, end)
            self._arm(orelse, names, level + 1)
            self.otherwise = None
            if end == start:  # the names hold already what that arm would give them
                contrary = self.printer(self.program.graph.call("not", condition))
                self.lines[start - 1] = f"{margin}{word} {contrary}:"
            elif len(self.lines) > end and not self.lines[end].startswith(f"{margin}elif "):
                self.lines.insert(end, f"{margin}else:")

        self.choosing += results
        self._branch(lambda: self._arm(then, names, level + 1), otherwise)
        del self.choosing[-len(results) :]
        if len(self.lines) == start:
            del self.lines[-1]
        for result, name in zip(results, names, strict=True):
            self.names[result] = name

    def _is_elif(self, results: list[Result], names: list[str], plan: Plan, level: int) -> bool:
        """Whether a choice is all that the other arm of the choice around has."""
        arm = self.otherwise
        if arm is None or arm.start != len(self.lines):
            return False
        given: dict[Node, str] = dict(zip(results, names, strict=True))
        for name, result in zip(arm.names, arm.results, strict=True):
            if name not in {given.get(result), self.names.get(result)}:
                return False
        if any(n not in given and n not in self.names for n in plan.bound):
            return False
        text = self.printer(results[0].of.condition)
        return len(text) + (level - 1) * len(INDENT) + len("elif :") <= WIDTH

    def _arm(self, arm: Block, names: list[str], level: int) -> None:
        outer, preferred = len(self.names), dict(self.preferred)
        if arm.fail is not None:
            self._statements(arm, [], None, level)
            self._line(level, f"raise {self.printer(arm.fail.error)}")
            self._restore(outer)
            return
        for name, value in zip(names, arm.results, strict=True):
            self.preferred.setdefault(value, name)
        self._statements(arm, list(arm.results), None, level)
        pairs = [
            (name, value)
            for name, value in zip(names, arm.results, strict=True)
            if self.names.get(value) != name
        ]
        targets = {name for name, _ in pairs}
        if len(pairs) > 1 and any(self._reads(value, targets) for _, value in pairs):
            texts = [self.printer(value) for _, value in pairs]
            self._line(level, f"{', '.join(n for n, _ in pairs)} = {', '.join(texts)}")
        else:
            for name, value in pairs:
                text = self._fitted(value, level, len(name) + 3)
                self._line(level, f"{name} = {text}")
        self.preferred = preferred
        self._restore(outer)

    def _reads(self, value: Node, names: set[str]) -> bool:
        inside = reachable((value,), stop=self.names.keys())
        found = {self.names.get(n) or (n.name if isinstance(n, Var) else None) for n in inside}
        return bool(found & names)

    def _return(self, results: tuple[Node, ...], level: int) -> None:
        structure = self.program.structure
        if isinstance(structure, int):
            self._line(level, f"return {self._fitted(results[structure], level, 7)}")
            return

        def fitted(node: Node, used: int, deeper: int) -> str:
            return self._fitted(node, level, used, deeper)

        def named(node: Node) -> None:
            self._assign(node, Plan({}), level)

        scalar = self.program.scalar
        statement = Returned(results, self.printer, fitted, named, level, scalar=scalar)
        # Its parts may take lines before its own.
        rows = statement.lines(structure)
        self.lines += rows

    def _line(self, level: int, text: str) -> None:
        self.lines.append(INDENT * level + text)

    # Names

    def _name(self, node: Node, plan: Plan) -> str:
        """A name for `node`; a name that the user used again is used again where that is safe."""
        name = self._own_name(node, plan)
        self.given.setdefault(node, name)
        return name

    def _own_name(self, node: Node, plan: Plan) -> str:
        if self.reuse is not None and node in self.reuse.names:
            name = self.reuse.names[node]
            self.holders[name].append(node)
            return name
        own = self.preferred.get(node) or plan.user.get(node)
        if own is not None:
            holders = self.holders.setdefault(own, [])
            if self._all_over(holders, node):
                holders.append(node)
                return own
        name = self.numbers.unique(own or self._described(node), self.holders)
        self.holders[name] = [node]
        return name

    def _described(self, node: Node) -> str:
        """What a value is called that the user gave no name."""
        spelled = isinstance(node, Call) and node.options and len(node.args) == 1
        if spelled and not node.operands[0].operands:
            return suggestion(node, self.names)
        owner = self.program.owners.get(node)
        if owner in self.given:
            return f"d_{self.given[owner]}"
        return self.program.hints.get(node) or suggestion(node, self.names)

    def _all_over(self, holders: list[Node | None], new: Node) -> bool:
        """Whether no value that has had the name is needed any more."""
        known = self.known
        if known is None or not holders:
            return not holders
        # An arm's value may have the name of what it becomes, and of what that becomes in turn: the
        # result of a choice around, which came before it.
        becoming: list[Node] = [new]
        for holder in reversed(holders):
            if holder is None:
                return False
            if holder in self.choosing and any(self._becomes(node, holder) for node in becoming):
                becoming.append(holder)
            elif known.needed_after(holder, new):
                return False
        # The others are over for whatever comes later, which there may be a lot of.
        holders[:] = [
            h for h in holders if h is not None and (h in self.choosing or known.used_after(h, new))
        ]
        return True

    def _becomes(self, new: Node, holder: Node) -> bool:
        """Whether `new` is what an arm gives to the result `holder`."""
        return isinstance(holder, Result) and new in (
            *(holder.of.then.results[holder.index : holder.index + 1]),
            *(holder.of.orelse.results[holder.index : holder.index + 1]),
        )


def side_by_side(block: Block) -> dict[Node, list[Let]]:
    """Items of arrays to which one statement gives names, such as `a, b = x[0], x[1]`."""
    rows: dict[tuple[str, int], list[Let]] = {}
    for let in block.lets:
        if let.place is not None and isinstance(let.node, Call) and let.node.op == "np.index":
            rows.setdefault((let.place.file, let.place.line), []).append(let)
    return {lets[0].node: lets for lets in rows.values() if len(lets) > 1}


def _joined(arms: list[Block], indices: list[int]) -> Block:
    """The arms of several choices by one condition as one block."""
    failing = next((arm for arm in arms if arm.fails), None)
    if failing is not None:
        return failing
    statements = dict.fromkeys(s for arm in arms for s in arm.statements)
    results = tuple(arm.results[i] for arm, i in zip(arms, indices, strict=True))
    return Block(tuple(statements), results)


def _with_results(arm: Block, indices: list[int]) -> Block:
    return arm if arm.fails else Block(arm.statements, tuple(arm.results[i] for i in indices))
