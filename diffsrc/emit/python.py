"""Programs as Python source: which values get a line, in what order, under which name.

Where the user gave a name to several values, the function is first gone through without text:
that tells after which line a value is no longer needed, and its name can be used again as the
user did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diffsrc.emit.expressions import PRODUCT, SUM, Printer, Tracer
from diffsrc.emit.names import suggestion, unique
from diffsrc.ir import (
    Assert,
    Block,
    Call,
    Const,
    If,
    Let,
    Node,
    Program,
    Result,
    Structure,
    Var,
    blocks,
    reachable,
)

WIDTH = 88
MAX_DEPTH = 18
MAX_TERNARY = 6
INDENT = "    "

Path = tuple[tuple[int, bool], ...]


def emit(
    program: Program,
    name: str,
    doc: str,
    *,
    named: Mapping[Node, str] | None = None,
    guards: Sequence[str] = (),
) -> str:
    """The source of a function `name` that computes the results of `program`.

    Nodes that `named` has a name for are not computed: something around the function holds them.
    The lines of `guards` come first.
    """
    own = user_names(program)
    traced = None
    if any(len(nodes) > 1 for nodes in own.values()):
        traced = Writer(program, own, named, tracing=True)
        traced.block(program.body, 1)
    writer = Writer(program, own, named, traced=traced)
    writer.block(program.body, 1)
    header = signature(name, program)
    body = "\n".join([*guards, *writer.lines])
    return f"{header}\n{docstring(doc)}\n{body}\n"


def user_names(program: Program) -> dict[str, set[Node | None]]:
    """What the user's names stand for, one after the other."""
    found: dict[str, set[Node | None]] = {p.name: {p.node} for p in program.parameters}
    for block in blocks(program.body):
        for let in block.lets:
            found.setdefault(let.name, set()).add(let.node)
    return found


def docstring(doc: str) -> str:
    """A docstring; one that is too long for a line says what it derives by in a second."""
    line = f'{INDENT}"""{doc}"""'
    first, comma, second = doc.partition(" with respect to ")
    if len(line) <= WIDTH or not comma:
        return line
    import textwrap

    rows = textwrap.wrap(f"With respect to {second}", WIDTH - len(INDENT))
    inner = "\n".join(INDENT + row for row in rows)
    return f'{INDENT}"""{first}.\n\n{inner}\n{INDENT}"""'


def signature(name: str, program: Program) -> str:
    """The `def` line, broken as `ruff format` breaks it."""
    parts, result = parameters(program), returned(program)
    line = f"def {name}({', '.join(parts)}){result}:"
    if len(line) <= WIDTH or not parts:
        return line
    inner = INDENT + ", ".join(parts)
    if len(inner) <= WIDTH:
        return f"def {name}(\n{inner}\n){result}:"
    trailing = "" if parts[-1].startswith("**") else ","
    rows = "".join(f"{INDENT}{part},\n" for part in parts[:-1])
    return f"def {name}(\n{rows}{INDENT}{parts[-1]}{trailing}\n){result}:"


def returned(program: Program) -> str:
    """The annotation of what is returned, where the user annotated all numbers as `float`."""
    numbers = [p for p in program.parameters if p.node is not None]
    if not numbers or any(p.annotation not in {"float", "int"} for p in numbers):
        return ""

    def text(structure: Structure) -> str:
        if isinstance(structure, int):
            return "float"
        return f"tuple[{', '.join(text(inner) for inner in structure)}]"

    return f" -> {text(program.structure)}"


def parameters(program: Program) -> list[str]:
    """The parameters as they stand in the `def` line."""
    parts: list[str] = []
    previous = ""
    for parameter in program.parameters:
        kind = parameter.kind
        if previous == "POSITIONAL_ONLY" and kind != "POSITIONAL_ONLY":
            parts.append("/")
        if kind == "KEYWORD_ONLY" and previous not in {
            "KEYWORD_ONLY",
            "VAR_POSITIONAL",
        }:
            parts.append("*")
        stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(kind, "")
        text = stars + parameter.name
        if parameter.annotation:
            text += f": {parameter.annotation}"
        if parameter.has_default:
            equals = " = " if parameter.annotation else "="
            text += equals + _quoted(parameter.default_text)
        parts.append(text)
        previous = kind
    if previous == "POSITIONAL_ONLY":
        parts.append("/")
    return parts


def _quoted(text: str) -> str:
    """A default in double quotes, where it is a plain string."""
    plain = text.startswith("'") and text.endswith("'") and not set(text[1:-1]) & set("'\"\\")
    return f'"{text[1:-1]}"' if plain else text


class Uses:
    """In which order values were given a line and used, and on which branches."""

    def __init__(self) -> None:
        self.given: dict[Node, list[tuple[int, Path]]] = {}
        self.used: dict[Node, list[tuple[int, Path]]] = {}

    def needed_after(self, holder: Node, new: Node) -> bool:
        """Whether `holder` is used on some way after `new` was given its line."""
        if new not in self.given:
            return True
        return any(
            when > line and not _apart(path, where)
            for line, path in self.given[new]
            for when, where in self.used.get(holder, ())
        )

    def used_after(self, holder: Node, new: Node) -> bool:
        """Whether `holder` is used in a line after the first in which `new` is given."""
        first = self.given[new][0][0] if new in self.given else -1
        return any(when > first for when, _ in self.used.get(holder, ()))


def _apart(a: Path, b: Path) -> bool:
    """Whether two places stand in different arms of one `if`."""
    for (one, arm), (other, side) in zip(a, b, strict=False):
        if one != other:
            return False
        if arm != side:
            return True
    return False


class Plan:
    """What one block computes: the values that get a line, and the choices made by `if`."""

    def __init__(self, user: Mapping[Node, str]) -> None:
        self.bound: set[Node] = set()
        self.user = user
        self.choices: dict[Node, list[list[Result]]] = {}


class Writer:
    """Writes the lines of one function."""

    def __init__(
        self,
        program: Program,
        own: Iterable[str],
        named: Mapping[Node, str] | None = None,
        *,
        tracing: bool = False,
        traced: Writer | None = None,
    ) -> None:
        self.program = program
        self.known: Uses | None = traced.uses if traced is not None else None
        self.uses: Uses = Uses()
        self.lines: list[str] = []
        self.path: Path = ()
        self.branches = 0
        self._level = 1
        self.body_plan: Plan | None = traced.body_plan if traced is not None else None
        self.names: dict[Node, str] = dict(named or {})
        self.preferred: dict[Node, str] = {}
        self.tracing = tracing
        self.printer = Tracer(self.names, self._note_use) if tracing else Printer(self.names)
        # The user's names are his values' only.
        self.holders: dict[str, list[Node | None]] = {n: [] for n in own}
        self.holders |= {n: [None] for n in program.taken}
        for parameter in program.parameters:
            self.holders[parameter.name] = [parameter.node]
        for free in program.free:
            self.holders[free.var.name] = [None]
        self.holders |= {"math": [None], "np": [None], "special": [None]}
        self.holders |= {name: [None] for name in self.names.values()}

    def _note_use(self, node: Node) -> None:
        self.uses.used.setdefault(node, []).append((len(self.lines), self.path))

    # Blocks

    def block(self, block: Block, level: int, *, chained: bool = False) -> None:
        """A block in tail position: it returns or raises. A chain of returns goes on as one."""
        outer = dict(self.names)
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
            self._line(level, f"if {self.printer(tail.condition)}:")
            self._branch(
                lambda: self.block(then, level + 1),
                lambda: self.block(orelse, level, chained=True),
            )
        self._restore(outer)

    def _branch(self, then: object, orelse: object) -> None:
        outer = self.path
        self.branches += 1
        number = self.branches
        for arm, write in ((True, then), (False, orelse)):
            self.path = (*outer, (number, arm))
            write()  # type: ignore[operator] # a function without arguments
        self.path = outer

    def _restore(self, outer: dict[Node, str]) -> None:
        for node in [n for n in self.names if n not in outer]:
            del self.names[node]

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
        whole = chained or chain or len(block.results) > 1 or self._is_statement(of)
        return of if whole else None

    def _is_statement(self, node: If) -> bool:
        """Whether an `If` is written as a statement rather than as a conditional expression."""
        if node.then.fails or node.orelse.fails or len(node.then.results) != 1:
            return True
        for arm in (node.then, node.orelse):
            inside = reachable(arm.results, stop=self.names.keys())
            needed = {n for n in inside if isinstance(n, Call) and n not in self.names}
            if any(isinstance(s, Assert) or s.node in needed for s in arm.statements):
                return True
            if sum(isinstance(n, Call) for n in inside) > MAX_TERNARY:
                return True
        return False

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
            lets = [let for let in block.lets if let.node in inside and let.node not in self.names]
            plan = self._plan(lets, ends, tail)
        if block is self.program.body:
            self.body_plan = plan
        for statement in block.statements:
            if isinstance(statement, Assert):
                self._assert(statement, plan, level)
            elif statement.node in plan.bound and statement.node not in self.names:
                self._compute((statement.node,), plan, level)
        self._compute(ends, plan, level)

    def _assert(self, check: Assert, plan: Plan, level: int) -> None:
        self._compute((check.condition,), plan, level)
        text = f"assert {self.printer(check.condition)}"
        if check.message is not None:
            text += f", {self.printer(check.message)}"
        self._line(level, text)

    def _plan(self, lets: list[Let], ends: list[Node], tail: If | None) -> Plan:
        plan = Plan({let.node: let.name for let in lets if not _is_atom(let.node)})
        strict = reachable([*plan.user, *ends], arms=False, stop=self.names.keys())
        uses = self._count(strict, ends, tail, plan)
        depth: dict[Node, int] = {}
        for node in strict:
            if node in self.names or _is_atom(node) or isinstance(node, If):
                continue
            if isinstance(node, Result):
                if node in plan.user or uses[node] > 1 or self._is_statement(node.of):
                    plan.bound.add(node)
                continue
            deep = 1 + max((depth.get(c, 0) for c in node.operands), default=0)
            shared = uses[node] > 1 and self._worth(node, uses[node])
            if node in plan.user or deep > MAX_DEPTH or shared:
                plan.bound.add(node)
                deep = 0
            depth[node] = deep
        self._group_choices(plan, [n for n in strict if isinstance(n, Result)])
        return plan

    def _count(
        self, strict: Sequence[Node], ends: list[Node], tail: If | None, plan: Plan
    ) -> dict[Node, int]:
        """How often each value is used; a use in an arm counts where the value is needed anyway."""
        uses: dict[Node, int] = dict.fromkeys(strict, 0)
        for node in ends:
            uses[node] += 1
        for node in reversed(strict):
            if node not in self.names:
                # A minus never gets a line, so that what is under it is used as often as it is.
                count = uses[node] if isinstance(node, Call) and node.op == "neg" else 1
                for child in node.operands:
                    uses[child] += count
        choices = [n for n in strict if isinstance(n, If)] + ([tail] if tail is not None else [])
        for choice in dict.fromkeys(choices):
            roots = [*choice.then.roots(), *choice.orelse.roots()]
            for node in reachable(roots, stop=self.names.keys() | plan.user.keys()):
                if node in uses:
                    uses[node] += 1
        return uses

    def _worth(self, node: Node, count: int) -> bool:
        """Whether a value that is used several times is worth a line."""
        if not isinstance(node, Call) or not node.args:
            return False
        if node.op in {"attribute", "item", "neg", "not"} or node.type.kind == "bool":
            return False
        cheap = not node.options and node.op in {"add", "sub", "mul"}
        if cheap and all(_is_atom(a) for a in node.args):
            return count > 2 or not any(isinstance(a, Const) for a in node.args)
        return True

    def _group_choices(self, plan: Plan, results: list[Result]) -> None:
        """Choices by one condition are made by one `if`, where none needs another's result."""
        groups: dict[Node, list[list[Result]]] = {}
        # In an order in which what stands in an arm comes before the `if`.
        wanted = set(results)
        inner = reachable(results, stop=self.names.keys())
        results = [n for n in inner if isinstance(n, Result) and n in wanted]
        order = {r: i for i, r in enumerate(results)}
        latest = self._latest(order)
        for result in results:
            if result in self.names:
                continue
            for group in groups.setdefault(result.of.condition, []):
                if latest[result.of] < order[group[0]]:
                    group.append(result)
                    break
            else:
                groups[result.of.condition].append([result])
        for condition, found in groups.items():
            for group in found:
                if any(self._is_statement(r.of) for r in group):
                    plan.bound.update(group)
                    plan.choices.setdefault(condition, []).append(group)

    def _latest(self, order: dict[Result, int]) -> dict[Node, int]:
        """For each value the last of the results, numbered by `order`, that it needs; else -1."""
        latest: dict[Node, int] = {}
        for node in reachable(order, stop=self.names.keys()):
            below = list(node.operands)
            if isinstance(node, If):
                below += (*node.then.roots(), *node.orelse.roots())
            found = max((latest.get(n, -1) for n in below), default=-1)
            latest[node] = max(found, order.get(node, -1)) if isinstance(node, Result) else found
        return latest

    # Lines

    def _compute(self, ends: Sequence[Node], plan: Plan, level: int) -> None:
        """Lines for all bound values below `ends`, operands first."""
        names, bound = self.names, plan.bound
        nodes = ends
        if len(ends) != 1 or any(n.operands and n not in names for n in ends[0].operands):
            nodes = reachable(ends, arms=False, stop=names.keys())
        for node in nodes:
            if node in names or node not in bound:
                continue
            group = self._group(node, plan)
            if group:
                self._choice(group, plan, level)
            else:
                self._assign(node, plan, level)

    def _group(self, node: Node, plan: Plan) -> list[Result]:
        if isinstance(node, Result):
            for group in plan.choices.get(node.of.condition, ()):
                if node in group:
                    return group
        return []

    def _assign(self, node: Node, plan: Plan, level: int) -> None:
        name = self._name(self._wanted(node, plan), node, plan)
        text = self._fitted(node, level, len(name) + 3)
        self.uses.given[node][-1] = len(self.lines), self.path
        self._line(level, f"{name} = {text}")
        self.names[node] = name

    def _wanted(self, node: Node, plan: Plan) -> str:
        own = self.preferred.get(node) or plan.user.get(node)
        if own is not None or self.tracing:
            return own or "..."
        if (
            isinstance(node, Call)
            and len(node.args) == 1
            and node.options
            and _is_atom(node.args[0])
        ):
            return suggestion(node, self.names)
        return self.program.hints.get(node) or suggestion(node, self.names)

    def _fitted(self, node: Node, level: int, used: int, deeper: int = 0) -> str:
        """The text of a value, with parts of it given lines of their own while it is too long."""
        while True:
            self.printer.lengths.clear()
            text = self.printer(node)
            if len(text) + used + (level + deeper) * len(INDENT) <= WIDTH:
                return text
            lengths = dict(self.printer.lengths)
            wrapped = self._wrapped(node, level + deeper)
            if wrapped is not None:
                return wrapped
            part = self._part(node, len(text) // 2, lengths)
            if part is None:
                return text
            self._assign(part, Plan({}), level)

    def _wrapped(self, node: Node, level: int) -> str | None:
        """A long sum as one term a line, which is how `ruff format` breaks it."""
        terms: list[str] = []
        current = node
        while (
            isinstance(current, Call)
            and current.op in {"add", "sub"}
            and not current.options
            and current not in self.names
        ):
            sign = "+ " if current.op == "add" else "- "
            terms.append(sign + self.printer(current.args[1], PRODUCT))
            current = current.args[0]
        if not terms or (len(terms) == 1 and terms[0].endswith(")")):
            return None
        terms.append(self.printer(current, SUM))
        margin = INDENT * (level + 1)
        if any(len(margin) + len(t) > WIDTH for t in terms):
            return None
        flat = " ".join(reversed(terms))
        if len(margin) + len(flat) <= WIDTH:
            return f"(\n{margin}{flat}\n{INDENT * level})"
        rows = "\n".join(margin + t for t in reversed(terms))
        return f"(\n{rows}\n{INDENT * level})"

    def _part(self, node: Node, target: int, lengths: Mapping[Node, int]) -> Node | None:
        """The operand whose text is nearest to `target`, of those that are always evaluated."""
        best: Node | None = None
        distance = 0
        for inner in reachable((node,), arms=False, stop=self.names.keys()):
            if inner is node or inner in self.names or _is_atom(inner):
                continue
            if not isinstance(inner, Call) or inner.type.kind == "bool" or inner.op == "attribute":
                continue
            gap = abs(lengths[inner] - target)
            if best is None or gap < distance:
                best, distance = inner, gap
        return best

    def _choice(self, group: list[Result], plan: Plan, level: int) -> None:
        """One `if` that gives a value to every result of the group in both arms."""
        results = [r for r in group if r not in self.names]
        condition = results[0].of.condition
        fails = results[0].of.then.fails or results[0].of.orelse.fails
        self._compute((condition,), plan, level)
        outside = set(reachable([r.of for r in results], stop=self.names.keys()))
        self._compute(
            [n for n in plan.bound if n in outside and not isinstance(n, Result)],
            plan,
            level,
        )
        names = [self._name(self._wanted(r, plan), r, plan) for r in results]
        then = _joined([r.of.then for r in results], [r.index for r in results])
        orelse = _joined([r.of.orelse for r in results], [r.index for r in results])
        self._line(level, f"if {self.printer(condition)}:")
        start = len(self.lines)

        def otherwise() -> None:
            if fails and then.fails:
                self._arm(orelse, names, level)
                return
            end = len(self.lines)
            self._arm(orelse, names, level + 1)
            if end == start:  # the names hold already what that arm would give them
                contrary = self.printer(self.program.graph.call("not", condition))
                self.lines[start - 1] = f"{INDENT * level}if {contrary}:"
            elif len(self.lines) > end:
                self.lines.insert(end, INDENT * level + "else:")

        self._branch(lambda: self._arm(then, names, level + 1), otherwise)
        if len(self.lines) == start:
            del self.lines[-1]
        for result, name in zip(results, names, strict=True):
            self.names[result] = name

    def _arm(self, arm: Block, names: list[str], level: int) -> None:
        outer, preferred = dict(self.names), dict(self.preferred)
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
        texts = [self.printer(value) for _, value in pairs]
        targets = {name for name, _ in pairs}
        if len(pairs) > 1 and any(self._reads(value, targets) for _, value in pairs):
            self._line(level, f"{', '.join(n for n, _ in pairs)} = {', '.join(texts)}")
        else:
            for (name, _), text in zip(pairs, texts, strict=True):
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
        text = self._tuple(structure, results)
        line = f"return {text}" if len(structure) == 1 else f"return {text[1:-1]}"
        if len(line) + level * len(INDENT) <= WIDTH:
            self._line(level, line)
            return
        self._level = level
        for line in self._rows("return ", structure, results, level, ""):
            self._line(0, line)

    def _tuple(self, structure: Structure, results: tuple[Node, ...]) -> str:
        if isinstance(structure, int):
            return self.printer(results[structure])
        inner = ", ".join(self._tuple(part, results) for part in structure)
        return f"({inner},)" if len(structure) == 1 else f"({inner})"

    def _rows(
        self,
        before: str,
        structure: Structure,
        results: tuple[Node, ...],
        level: int,
        after: str,
    ) -> list[str]:
        """A tuple with one element a line, where it is too long for one."""
        margin = INDENT * level
        if isinstance(structure, int):
            deeper = level - self._level
            text = self._fitted(results[structure], self._level, len(after), deeper=deeper)
            return [f"{margin}{before}{text}{after}"]
        line = f"{margin}{before}{self._tuple(structure, results)}{after}"
        if before == "" and len(line) <= WIDTH:
            return [line]
        rows = [row for part in structure for row in self._rows("", part, results, level + 1, ",")]
        return [f"{margin}{before}(", *rows, f"{margin}){after}"]

    def _line(self, level: int, text: str) -> None:
        self.lines.append(INDENT * level + text)

    # Names

    def _name(self, wanted: str, node: Node, plan: Plan) -> str:
        """A name for `node`; a name that the user used again is used again where that is safe."""
        self.uses.given.setdefault(node, []).append((len(self.lines), self.path))
        again = wanted in (self.preferred.get(node), plan.user.get(node))
        holders = self.holders.get(wanted, [])
        if again and self._all_over(holders, node):
            name = wanted
        elif self.tracing:
            name = "..."
        else:
            name = unique(wanted, self.holders.keys())
        self.holders.setdefault(name, []).append(node)
        return name

    def _all_over(self, holders: list[Node | None], new: Node) -> bool:
        """Whether no value that has had the name is needed any more."""
        over = all(
            holder is not None
            and self.known is not None
            and (self._becomes(new, holder) or not self.known.needed_after(holder, new))
            for holder in holders
        )
        if over and self.known is not None:
            # The others are over for whatever comes later, which there may be a lot of.
            known = self.known
            holders[:] = [h for h in holders if h is not None and known.used_after(h, new)]
        return over

    def _becomes(self, new: Node, holder: Node) -> bool:
        """Whether `new` is what an arm gives to the result `holder`."""
        return isinstance(holder, Result) and new in (
            *(holder.of.then.results[holder.index : holder.index + 1]),
            *(holder.of.orelse.results[holder.index : holder.index + 1]),
        )


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


def _is_atom(node: Node) -> bool:
    return isinstance(node, Var | Const) or (isinstance(node, Call) and not node.args)
