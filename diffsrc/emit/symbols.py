"""How names look in mathematics: Greek letters, subscripts, words.

>>> symbol("sigma"), symbol("k_m")
(Symbol(text='σ', below=()), Symbol(text='k', below=('m',)))
>>> symbol("total_vol")
Symbol(text='total_vol', below=())
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

CAPITALS = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
SMALL = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
    "sigma tau upsilon phi chi psi omega"
)


def _greek() -> Iterable[tuple[str, str]]:
    for size, names in (("CAPITAL", CAPITALS), ("SMALL", SMALL)):
        for name in names.split():
            letter = name.upper().replace("LAMBDA", "LAMDA")
            yield name, unicodedata.lookup(f"GREEK {size} LETTER {letter}")


GREEK = dict(_greek())
GREEK["lamda"] = GREEK["lambda"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A letter or a word, and what stands below it."""

    text: str
    below: tuple[str, ...] = ()

    @property
    def word(self) -> bool:
        return len(self.text) > 1


def symbol(name: str) -> Symbol:
    """A name as a mathematician would write it."""
    item = re.fullmatch(r"([\w.]+)\[(.+)\]", name)
    if item:
        of = symbol(item[1])
        return Symbol(of.text, (*of.below, item[2].strip("'\"")))
    if "." in name and not name.startswith("self."):
        return Symbol(name)
    plain = name.removeprefix("self.").strip("_")
    head, *below = plain.split("_")
    numbered = re.fullmatch(r"([^\W\d]+)(\d+)", head)
    if numbered:
        head, below = numbered[1], [numbered[2], *below]
    below = [GREEK.get(part, part) for part in below]
    head = GREEK.get(head, head)
    short = all(len(part) == 1 or part.isdigit() for part in below)
    if head and all(below) and (short or (len(head) == 1 and len(below) <= 2)):
        return Symbol(head, tuple(below))
    return Symbol(plain or name)


def symbols(names: Iterable[str], reserved: Iterable[Symbol] = ()) -> dict[str, Symbol]:
    """A symbol for each name, no two alike: beside `x1`, `x_1` is a word."""
    taken = set(reserved)
    chosen: dict[str, Symbol] = {}
    for name in sorted(names, key=lambda n: ("." in n, "_" in n, n)):
        wanted, number = symbol(name), 1
        while wanted in taken:
            wanted = Symbol(name) if number == 1 else Symbol(name, (str(number),))
            number += 1
        chosen[name] = wanted
        taken.add(wanted)
    return chosen
