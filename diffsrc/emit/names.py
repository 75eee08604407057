"""Names for new values: what the user did not name in emitted code is named here."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from diffsrc.emit.expressions import without_defaults
from diffsrc.ir import Call, Const, Node, Result, Var
from diffsrc.user_rules import CustomRule, Rule

ROLES = {
    "mul": "scale",
    "div": "ratio",
    "add": "total",
    "sub": "difference",
    "select": "choice",
    "neg": "negative",
    "pow": "power",
    "np.matmul": "product",
    "np.dot": "product",
    "np.vdot": "product",
    "np.einsum": "product",
    "np.outer": "product",
    "np.inv": "inverse",
    "np.solve": "solution",
    "np.solve_triangular": "solution",
    "np.cho_solve": "solution",
    "scatter": "items",
    "np.index": "part",
    "np.view": "column",
    "np.interval": "interval",
    "np.searchsorted": "places",
    "np.digitize": "places",
    "np.flatnonzero": "places",
    "np.nonzero": "places",
    "np.order": "order",
    "np.argsort": "order",
    "np.as_integers": "integers",
    "np.low": "low",
    "np.high": "high",
    "np.below": "low",
    "np.above": "high",
    "np.nonzero_or_one": "divisor",
}
# Operations on arrays whose names say what they give.
WORDS = frozenset(
    {"np.sum", "np.mean", "np.std", "np.var", "np.norm", "np.max", "np.min", "np.prod"}
    | {"np.inv", "np.argsort", "np.sort", "np.partition", "np.diff", "np.gradient", "np.interp"}
)
LEVELS = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 2, "pow": 3}
# What the next ones are called where a role's name is taken, before they are numbered.
SYNONYMS = {
    "scale": ("factor", "weight"),
    "ratio": ("quotient", "share"),
    "total": ("combined",),
    "difference": ("gap", "offset"),
    "choice": ("option",),
}
JOINTS: dict[str, tuple[str, ...]] = {
    "mul": (),
    "div": ("over",),
    "add": ("plus",),
    "sub": ("minus",),
}
FACTORS = {2: "twice", 0.5: "half"}
POWERS = {2: "squared", 3: "cubed"}
MAX_LENGTH = 20
MAX_WORDS = 6
MAX_DEPTH = 4

BUILTINS = frozenset(dir(builtins))
DIGITS = "0123456789"


class Label(NamedTuple):
    """A value in words; an argument's name is one word."""

    text: str
    words: int = 1


def suggestion(node: Node, names: Mapping[Node, str]) -> str:
    """What a new value is called: its operations while that is short, else its role.

    `sin_x`, `exp_neg_x`, `x_squared`, `s_over_total`; `ratio`.
    """
    if node.type.kind == "bool" and node.type.axes:
        return "mask"
    text = label(node, names)
    if text is not None and text.isidentifier():
        return text
    return _role(node, names)


def label(node: Node, names: Mapping[Node, str]) -> str | None:
    """A value in words, None where that is longer than a name should be."""
    found = _label(node, names, 0)
    return found.text if found is not None else None


def _label(node: Node, names: Mapping[Node, str], depth: int) -> Label | None:
    found: Label | None = None
    if node in names:
        name = names[node]
        found = Label(name, name.count("_") + 1)
    elif isinstance(node, Var):
        found = Label(node.name)
    elif isinstance(node, Const) and type(node.value) is int and depth:
        found = Label(str(node.value))
    elif isinstance(node, Call) and depth < MAX_DEPTH:
        found = _of_call(node, names, depth)
    if found is None or len(found.text) > MAX_LENGTH or found.words > MAX_WORDS:
        return None
    return found


def _of_call(node: Call, names: Mapping[Node, str], depth: int) -> Label | None:
    op, args, options = _word(node), node.args, node.options
    if "." in node.op and args and not node.op.startswith("np."):
        args = without_defaults(args)
    if op == "attribute":
        return Label(str(node.options[0]))
    if op == "exp" and (shifted := _without_peak(args[0])) is not None:
        return _joined("exp", _label(shifted, names, depth + 1))
    if op == "sqrt" and isinstance(args[0], Call) and args[0].op == "np.matmul":
        a, b = args[0].args
        return _joined("norm", _label(a, names, depth + 1)) if a is b else None
    if op == "item":
        return _of_item(node, names, depth)
    if not args:
        return Label(op)
    if node.op == "np.index":
        return _joined(_label(args[0], names, depth + 1), _which(node))
    if node.op == "np.view":
        return _joined(_label(args[0], names, depth + 1), "column")
    if node.op == "np.matmul":
        return _of_letters(args, names)
    if node.op.startswith("np.") and node.op not in WORDS:
        return None
    if node.op == "registered" and not isinstance(options[0], str):
        args = args[1:]
    first = args[0].value if isinstance(args[0], Const) else None
    if op == "mul" and first is not None:
        below = _label(args[1], names, depth + 1)
        return _joined(FACTORS[first], below) if first in FACTORS else None  # type: ignore[index] # a key
    if op == "add" and first == 1:
        return _joined("one_plus", _label(args[1], names, depth + 1))
    for arg in args:
        if _is_unclear(op, arg, names):
            return None
    if op == "pow" and isinstance(args[1], Const) and args[1].value in POWERS:
        base = _label(args[0], names, depth + 1)
        return _joined(base, POWERS[args[1].value])  # type: ignore[index] # a key
    labels: list[Label] = []
    for arg in args:
        below = _label(arg, names, depth + 1)
        if below is None:
            return None
        labels.append(below)
    if op == "pow":
        return _joined(labels[0], "to", labels[1])
    if op in JOINTS:
        found = _joined(labels[0], *JOINTS[op], labels[1])
        long = found is not None and op == "mul" and found.words == MAX_WORDS
        return None if long else found
    if op == "neg":
        return _joined("neg", labels[0])
    return _joined(op, *labels) if op not in ROLES else None


def _without_peak(node: Node) -> Node | None:
    """`x` in `x - x.max()`, which keeps its exponentials from overflowing."""
    if not (isinstance(node, Call) and node.op == "sub"):
        return None
    x, peak = node.args
    while isinstance(peak, Call) and peak.op in {"np.index", "np.view"}:
        peak = peak.args[0]
    return x if isinstance(peak, Call) and peak.op == "np.max" and peak.args[0] is x else None


def _of_letters(args: Sequence[Node], names: Mapping[Node, str]) -> Label | None:
    """`HF` for `H @ F`."""
    found = [_label(arg, names, MAX_DEPTH) for arg in args]
    letters = [one.text for one in found if one is not None and len(one.text) == 1]
    return Label("".join(letters)) if len(letters) == len(args) else None


def _which(node: Call) -> str:
    """Which items of an array these are."""
    text = str(node.options[0]).removeprefix("{0}")
    if text[1:-1].isdecimal():
        return text[1:-1]
    return {
        "[:-1]": "head",
        "[1:]": "tail",
        "[-1]": "last",
        "[::-1]": "reversed",
        "[:, None]": "column",
        "[None]": "row",
    }.get(text, "part")


def _of_item(node: Call, names: Mapping[Node, str], depth: int) -> Label | None:
    """`w` for `params["w"]`, `params_0` for `params[0]`."""
    (base,), (key,) = node.args, node.options
    if isinstance(key, str) and key.isascii() and key.isidentifier() and not keyword.iskeyword(key):
        return Label(key, key.count("_") + 1)
    below = _label(base, names, depth + 1)
    return _joined(below, str(key)) if type(key) is int and key >= 0 else _joined("item", below)


def _is_unclear(op: str, arg: Node, names: Mapping[Node, str]) -> bool:
    """Whether words without parentheses mean another thing: `u_minus_f_squared`."""
    if not isinstance(arg, Call) or arg in names:
        return False
    return LEVELS.get(arg.op, 4) < LEVELS.get(op, 0)


def _joined(*parts: Label | str | None) -> Label | None:
    """Words beside each other."""
    text, words = "", 0
    for part in parts:
        if part is None:
            return None
        new = Label(part, part.count("_") + 1) if isinstance(part, str) else part
        text += f"_{new.text}" if text else new.text
        words += new.words
    return Label(text, words)


def _role(node: Node, names: Mapping[Node, str]) -> str:
    """What a value is, in one or two words: `exp_term`, `sin_squared`, `scale`."""
    if not isinstance(node, Call):
        return "choice" if isinstance(node, Result) else "value"
    op, args = node.op, node.args
    if op == "pow" and isinstance(args[1], Const) and args[1].value in POWERS:
        inner = args[0]
        role = inner.name if isinstance(inner, Var) else _role(inner, names)
        base = role.removesuffix("_term")
        return f"{base}_{POWERS[args[1].value]}"  # type: ignore[index] # a key
    if op == "sub":
        return "difference" + _common_end(args[0], args[1], names)
    if op in {"mul", "div"}:
        functions = list(islice(_functions(node, names), 2))
        if len(functions) == 1:
            return f"{_word(functions[0])}_term"
    return ROLES.get(op, f"{_word(node)}_term")


def _word(node: Call) -> str:
    """A function as part of a name: `norm_pdf`, or what a function with a user's rule is called."""
    rule = node.options[-1] if node.options else None
    if isinstance(rule, Rule | CustomRule):
        return rule.name.rpartition(".")[2]
    return node.op.removeprefix("np.").removeprefix("scipy_").replace(".", "_").rstrip("_")


def _functions(node: Node, names: Mapping[Node, str]) -> Iterator[Call]:
    """The functions among the factors of a product, without those that have names."""
    todo = [node]
    while todo:
        inner = todo.pop()
        if not isinstance(inner, Call) or inner in names or not inner.args:
            continue
        if inner.op in {"mul", "neg"}:
            todo += reversed(inner.args)
        elif inner.op == "div":
            todo.append(inner.args[0])
        elif _is_function(inner):
            yield inner


def _is_function(node: Call) -> bool:
    """Whether a value is that of a function at something that varies."""
    plain = node.op in ROLES or node.op in {"attribute", "item", "scalar"}
    return not (plain or node.type.kind == "bool" or isinstance(node.args[0], Const))


def _common_end(a: Node, b: Node, names: Mapping[Node, str]) -> str:
    """`_x` for `target_x` and `turned_x`."""
    ends = []
    for node in (a, b):
        found = _label(node, names, MAX_DEPTH)
        parts = found.text.split("_") if found is not None else []
        ends.append(parts[-1] if len(parts) > 1 else "")
    return f"_{ends[0]}" if ends[0] and ends[0] == ends[1] else ""


class Numbers:
    """Names made unique by numbers, where many are: each goes on where the last one stopped.

    Attributes:
        last: by what stands before the number, the one given last; 0 where a number was not given
            here, so that the next free one has to be looked for.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self.last = {name.rstrip(DIGITS): 0 for name in taken if name[-1:].isdigit()}

    def unique(self, name: str, taken: Collection[str]) -> str:
        """As the function `unique`; what it gives is taken from then on."""
        name = _valid(name)
        found = _unnumbered(name, taken)
        if found is not None:
            if found[-1].isdigit():
                self.last[found.rstrip(DIGITS)] = 0
            return found
        stem = _stem(name)
        last = self.last.get(stem)
        number = last + 1 if last else _free_number(stem, taken)
        if last != 0:
            self.last[stem] = number
        return f"{stem}{number}"


def unique(name: str, taken: Collection[str]) -> str:
    """`name`, or a synonym, or `name2`, `name3`..., the first that is not taken."""
    name = _valid(name)
    found = _unnumbered(name, taken)
    if found is not None:
        return found
    stem = _stem(name)
    return f"{stem}{_free_number(stem, taken)}"


def _valid(name: str) -> str:
    return name if name.isidentifier() and not keyword.iskeyword(name) else "value"


def _unnumbered(name: str, taken: Collection[str]) -> str | None:
    """The name or a synonym, if one of them is free."""
    for candidate in (name, *SYNONYMS.get(name, ())):
        if not (candidate in taken or candidate in BUILTINS or keyword.iskeyword(candidate)):
            return candidate
    return None


def _stem(name: str) -> str:
    return f"{name}_" if name[-1].isdigit() else name


def _free_number(stem: str, taken: Collection[str]) -> int:
    """A number from 2 on that makes a free name of the stem."""
    # Ten thousand lines `y = sin(y)` take y2 to y10000: doubled, halved, not counted.
    high = 2
    while f"{stem}{high}" in taken:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if f"{stem}{middle}" in taken:
            low = middle
        else:
            high = middle
    return high
