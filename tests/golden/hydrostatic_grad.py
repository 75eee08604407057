# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run again what calls `write_module` or `save`.
#
# hydrostatic_grad: from tests.showcase:hydrostatic
#     sha256 bec6c42a5c171d60021677e81c485ef4f31c335d361b89ec83abc22969ce591a

GRAVITY = 9.80665  # tests.showcase.GRAVITY
BAR = 100000.0  # tests.showcase.BAR


def hydrostatic_grad(depth: float, density: float, unit: str = "Pa") -> float:
    """Derivative of hydrostatic with respect to depth."""
    if unit != "bar":
        raise ValueError("hydrostatic_grad is written for unit='bar'")
    return GRAVITY * density / BAR
