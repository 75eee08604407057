"""The IR as text, for those who want to see it: one value a line, shared values numbered."""

from __future__ import annotations

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
    Var,
    reachable,
)

INDENT = "    "


def listing(program: Program) -> str:
    """A program as text: written nodes as calls, normal ones as sums and products.

    `mul(x, x)` is written, `x^2` normal; `%1` is a value that is used more than once.
    """
    lines = [f"{program.name}({', '.join(p.name for p in program.parameters)}):"]
    Listing(lines).block(program.body, 1)
    return "\n".join(lines)


class Listing:
    """Collects the lines of one program."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.names: dict[Node, str] = {}
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
            if isinstance(node, If):
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
                return f"{node.op}({', '.join(done[arg] for arg in node.args)})"
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
