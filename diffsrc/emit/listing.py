"""The IR as text, for those who want to see it: one value a line, shared values numbered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diffsrc.emit.expressions import HOLE, Printer, literal
from diffsrc.emit.scatter import puts_of
from diffsrc.ir import (
    Assert,
    Bind,
    Block,
    Call,
    Const,
    Exact,
    If,
    Let,
    Node,
    Number,
    Prod,
    Program,
    Ref,
    Result,
    Sum,
    Template,
    Var,
    reachable,
)
from diffsrc.ir.arrays import Hole

INDENT = "    "


def listing(program: Program, axes: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """A program as text: written nodes as calls, normal ones as sums and products.

    `mul(x, x)` is written, `x^2` normal; `%1` is a value that is used more than once. Of arrays
    `axes` are letters for the lengths of parameters; `{X[i,j] w[j] -> i}` is a sum of products.
    """
    axes = axes or {}
    sizes = {
        size: letter
        for p in program.parameters
        if p.node is not None
        for size, letter in zip(p.node.type.axes, axes.get(p.name, ()), strict=False)
    }
    parameters = ", ".join(_with_axes(p.name, axes.get(p.name, ())) for p in program.parameters)
    # Arrays in arguments that have a structure.
    parts = [name for name in axes if not name.isidentifier()]
    printer = Printer({})
    for node in reachable(program.body.roots()) if parts else ():
        if isinstance(node, Call) and node.op in {"item", "attribute"} and node.type.axes:
            sizes.update(zip(node.type.axes, axes.get(printer(node), ()), strict=False))
    inner = "".join(f", {_with_axes(name, axes[name])}" for name in parts)
    lines = [f"{program.name}({parameters}{inner.replace(',', ';', 1)}):"]
    Listing(lines, sizes).block(program.body, 1)
    return "\n".join(lines)


def _with_axes(name: str, axes: tuple[str, ...]) -> str:
    return f"{name}[{', '.join(axes)}]" if axes else name


class Listing:
    """Collects the lines of one program."""

    def __init__(self, lines: list[str], sizes: Mapping[Node, str]) -> None:
        self.lines = lines
        self.names: dict[Node, str] = dict(sizes)
        self.letters = [c for c in "ijklpqrstuvwabcdefgh" if c not in sizes.values()]
        self.count = 0

    def block(self, block: Block, level: int) -> None:
        """The lines of a block; names that it gives end with it."""
        outer = dict(self.names)
        for statement in block.statements:
            if isinstance(statement, Let):
                self._let(statement, level)
            elif isinstance(statement, Bind):
                self._shared([statement.node], level)
            else:
                self._assert(statement, level)
        if block.fail is not None:
            self._shared([block.fail.error], level)
            self._line(level, f"raise {self._text(block.fail.error)}")
        else:
            self._shared(list(block.results), level)
            self._line(level, f"return {', '.join(self._text(r) for r in block.results)}")
        self.names = outer

    def _let(self, let: Let, level: int) -> None:
        if let.node in self.names or isinstance(let.node, Var | Const):
            return
        self._shared([let.node], level)
        if let.node not in self.names:
            self._line(level, f"{let.name} = {self._text(let.node)}")
            self.names[let.node] = let.name

    def _assert(self, check: Assert, level: int) -> None:
        self._shared([check.condition], level)
        self._line(level, f"assert {self._text(check.condition)}")

    def _shared(self, roots: list[Node], level: int) -> None:
        """Lines for the values below `roots` that are used twice, and for every choice."""
        order = reachable(roots, arms=False, stop=self.names.keys())
        uses: dict[Node, int] = {}
        for node in order:
            for child in () if node in self.names else node.operands:
                uses[child] = uses.get(child, 0) + 1
        for node in order:
            if node in self.names or isinstance(node, Var | Const | Number):
                continue
            if isinstance(node, Ref) and node.value in self.names:
                self.names[node] = self.names[node.value]
            elif isinstance(node, If):
                self._number(node)
                self._line(level, f"{self.names[node]} = if {self._text(node.condition)}")
                self.block(node.then, level + 1)
                self._line(level, "else")
                self.block(node.orelse, level + 1)
            elif uses.get(node, 0) > 1:
                text = self._text(node)
                self._number(node)
                self._line(level, f"{self.names[node]} = {text}")

    def _number(self, node: Node) -> None:
        self.count += 1
        self.names[node] = f"%{self.count}"

    def _text(self, root: Node) -> str:
        """The text of one value, inner ones first."""
        done: dict[Node, str] = {}
        for node in reachable((root,), arms=False, stop=self.names.keys()):
            done[node] = self.names.get(node) or self._own(node, done)
        return done[root]

    def _own(self, node: Node, done: dict[Node, str]) -> str:
        match node:
            case Const():
                return repr(node.value)
            case Var():
                return node.name
            case Number():
                return str(node.value)
            case Ref():
                return done[node.value]
            case Result():
                return f"{done[node.of]}.{node.index}"
            case Call():
                return call([done[arg] for arg in node.args], node, self.letters)
            case Sum():
                terms = [_scaled(c, done[t]) for t, c in node.terms]
                terms += [str(node.constant)] if node.constant else []
                return "(" + " + ".join(terms).replace("+ -", "- ") + ")"
            case Prod():
                factors = [done[b] + (f"^{e}" if e != 1 else "") for b, e in node.factors]
                return _scaled(node.coefficient, " ".join(factors))
            case _:
                return "?"

    def _line(self, level: int, text: str) -> None:
        self.lines.append(INDENT * level + text)


def _scaled(coefficient: Exact, text: str) -> str:
    if coefficient == 1:
        return text
    return f"-{text}" if coefficient == -1 else f"{coefficient} {text}"


# Operations on arrays


def call(args: Sequence[str], node: Call, letters: Sequence[str]) -> str:
    """An operation with the texts of its arguments."""
    if node.options and isinstance(node.options[0], Template):
        text = HOLE.sub(lambda hole: args[int(hole[1])], node.options[0])
        return f"({text})" if node.options[0] == "{0} @ {1}" else text
    match node.op:
        case "scatter":
            lines = []
            for put in puts_of(node):
                items = HOLE.sub(lambda hole: args[int(hole[1])], put.items)
                lines.append(f"[{items}] {'-' if put.negative else '+'}= {args[put.value]}")
            return f"scatter({', '.join((args[0], *lines))})"
        case "contract":
            own, out = node.params

            def named(labels: Iterable[int]) -> str:
                return ",".join(letters[i] if i < len(letters) else f"i{i}" for i in labels)

            pairs = zip(args, own, strict=True)
            factors = " ".join(f"{_whole(arg)}[{named(labels)}]" for arg, labels in pairs)
            return f"{{{factors} -> {named(out)}}}" if out else f"{{{factors} ->}}"
        case "view":
            axes = ", ".join("new" if axis is None else str(axis) for axis in node.params)
            return f"view({args[0]}, [{axes}])"
        case "index":
            return f"{_whole(args[0])}[{_items(node.params, args)}]"
        case "put":
            return f"put({args[0]}, {_whole(args[1])}[{_items(node.params, args[1:])}])"
    if node.op in {"item", "attribute"}:
        key = node.options[0]
        return f"{args[0]}.{key}" if node.op == "attribute" else f"{args[0]}[{literal(key)}]"
    params = [] if node.params == (node.op,) else [str(param) for param in node.params]
    return f"{node.op}({', '.join((*args, *params))})"


def _whole(text: str) -> str:
    """A text in parentheses, unless it is one thing."""
    return text if text.isidentifier() or text.startswith(("(", "%", "{")) else f"({text})"


def _items(spec: Sequence[tuple[object, ...]], args: Sequence[str]) -> str:
    """What stands in the brackets of items."""

    def part(value: object) -> str:
        if isinstance(value, Hole):
            return args[value.index]
        return "" if value is None else str(value)

    parts = []
    for kind, *bounds in spec:
        if kind == "slice":
            start, stop, step = map(part, bounds)
            parts.append(f"{start}:{stop}:{step}" if step else f"{start}:{stop}")
        else:
            parts.append("new" if kind == "new" else ", ".join(map(part, bounds)))
    return ", ".join(parts)
