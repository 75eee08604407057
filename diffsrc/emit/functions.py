"""How mathematics writes special functions: `J` with its order below, `Φ`, `Γ`."""

from __future__ import annotations

from diffsrc.emit.boxes import Apply, Box, Digits

# By operation: the letter, and whether the first argument stands below it.
LETTERS = {
    "beta": ("B", False),
    "zeta": ("ζ", False),
    "ndtr": ("Φ", False),
    "ellipk": ("K", False),
    "ellipe": ("E", False),
    "ellipkinc": ("F", False),
    "ellipeinc": ("E", False),
    "gammainc": ("P", False),
    "gammaincc": ("Q", False),
    "jv": ("J", True),
    "jve": ("J", True),
    "yv": ("Y", True),
    "yve": ("Y", True),
    "iv": ("I", True),
    "kv": ("K", True),
    "expn": ("E", True),
}
# Those of a certain order.
NUMBERED = {
    f"{op}{n}": (letter, n) for op, letter in zip("jyik", "JYIK", strict=True) for n in "01"
}
NUMBERED["exp1"] = ("E", "1")


def lettered(op: str, args: tuple[Box, ...]) -> Apply | None:
    """A function that has a letter, else None."""
    if op in NUMBERED:
        letter, order = NUMBERED[op]
        return Apply(letter, args, below=Digits(order))
    if op not in LETTERS:
        return None
    letter, has_order = LETTERS[op]
    return Apply(letter, args[1:], below=args[0]) if has_order else Apply(letter, args)
