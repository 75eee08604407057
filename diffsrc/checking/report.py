"""What a check found, as a person reads it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from diffsrc.checking.arguments import Shape, unravelled

Verdict = Literal["right", "wrong", "cannot tell"]
SHOWN = 4  # arguments


class Finding(NamedTuple):
    """One derivative at the element where it is worst.

    Attributes:
        by: what it is derived by, once for each order; empty for the value itself.
        part: which of several results is derived.
        verdict: whether it is right.
        error: the largest relative error, as far as it is not the reference's own; infinite where
            another number than zero was given for zero.
        given: what was checked there.
        value: what the function's derivative is; 0 where it is not to be told from that.
        uncertainty: how far `value` may be off.
        element: which element of arrays; empty for numbers.
        at: the numbers that go into it.
        method: how `value` was found.
        reason: what is the matter, where the numbers do not say it.
        points: how many elements were compared.
        skipped: how many were not, as the function has no value there.
        unseen: how many were not, as there are so many.
    """

    by: tuple[str, ...]
    part: str
    verdict: Verdict
    error: float
    given: float
    value: float
    uncertainty: float
    element: tuple[int, ...]
    at: dict[str, float]
    method: str
    reason: str
    points: int
    skipped: int
    unseen: int = 0

    @property
    def what(self) -> str:
        """By what it is derived, in words."""
        part = f"{self.part} " if self.part else ""
        return f"{part}by {', '.join(self.by)}" if self.by else f"{part}value"

    @property
    def where(self) -> str:
        """The point, and the element of arrays."""
        shown = [f"{name}={value:.9g}" for name, value in self.at.items()]
        if len(shown) > SHOWN:
            shown[SHOWN:] = ["..."]
        index = f"[{', '.join(map(str, self.element))}]"
        said = not self.element or any(name.endswith(index) for name in self.at)
        element = "" if said else f"element {index}"
        return ": ".join(filter(None, [element, ", ".join(shown)]))

    def __str__(self) -> str:
        where = f" at {self.where}" if self.where else ""
        match self.verdict:
            case "right":
                text = f"largest relative error {self.error:.1e}"
                if not self.error:
                    text = "no difference"
                elif not self.value:
                    text = f"largest absolute error {abs(self.given):.1e}"
            case "wrong" if self.reason:
                text = f"{self.reason}{where}"
            case "wrong":
                relative = f"relative error {self.error:.2g}"
                error = relative if self.value else f"absolute error {abs(self.given):.2g}"
                text = f"{self.given:.10g} in the place of {self.value:.10g}, {error},{where}"
            case _:
                text = f"{self.reason}{where}"
        if self.skipped:
            text += f" ({self.skipped} points outside the domain left out)"
        if self.unseen:
            text += f" ({self.unseen} elements were not looked at)"
        return text


class Report:
    """What `verify` found; true if every derivative is right.

    Attributes:
        name: of what was checked.
        findings: one for each derivative, in the order in which they are returned.
    """

    def __init__(self, name: str, findings: tuple[Finding, ...]) -> None:
        self.name = name
        self.findings = findings

    @property
    def ok(self) -> bool:
        """Whether every derivative is right; not where one cannot be told."""
        return self.verdict == "right"

    @property
    def verdict(self) -> Verdict:
        verdicts = {finding.verdict for finding in self.findings}
        if "wrong" in verdicts:
            return "wrong"
        return "cannot tell" if "cannot tell" in verdicts else "right"

    @property
    def worst(self) -> Finding:
        """The finding that the verdict rests on: of those, the one with the largest error."""
        own = [finding for finding in self.findings if finding.verdict == self.verdict]
        return max(own, key=lambda finding: finding.error)

    @property
    def error(self) -> float:
        """The largest relative error."""
        return self.worst.error

    @property
    def where(self) -> str:
        """By what, at which point and element the error is largest."""
        worst = self.worst
        return f"{worst.what} at {worst.where}" if worst.where else worst.what

    @property
    def right(self) -> tuple[str, ...]:
        """What it is derived by where it is right."""
        return tuple(", ".join(f.by) for f in self.findings if f.verdict == "right" and f.by)

    @property
    def wrong(self) -> tuple[str, ...]:
        """What it is derived by where it is not."""
        return tuple(", ".join(f.by) for f in self.findings if f.verdict == "wrong" and f.by)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        width = max(len(finding.what) for finding in self.findings)
        kinds = max(len(finding.verdict) for finding in self.findings)
        lines = [f"{self.name}: {self.verdict}"]
        lines += [f"  {f.what:{width}}  {f.verdict:{kinds}}  {f}" for f in self.findings]
        methods = dict.fromkeys(f.method for f in self.findings if f.method)
        if methods:
            points = max(finding.points for finding in self.findings)
            count = f"; {points} points" if points > 1 else ""
            lines.append(f"  compared with {', '.join(methods)}{count}")
        return "\n".join(lines)

    __repr__ = __str__


def index_of(flat: int, shape: Shape) -> tuple[int, ...]:
    """The index of an element, as it is printed."""
    return unravelled(flat, shape) if shape else ()
