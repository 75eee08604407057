"""Which written values are arrays of their own, and which may show the memory of others."""

from __future__ import annotations

from collections.abc import Sequence

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import ADVANCED
from diffsrc.ops.integers import LEAVES

# What NumPy cannot write to, whatever it is made of.
READ_ONLY = frozenset({"np.diagonal", "np.diag", "np.broadcast_to", "np.broadcast_arrays"})
# What may show its first argument; everything else of the table is new.
VIEWS = (
    READ_ONLY
    | {"np.T", "np.mT", "np.transpose", "np.swapaxes", "np.moveaxis", "np.rollaxis"}
    | {"np.reshape", "np.ravel", "np.squeeze", "np.expand_dims", "np.index", "np.view"}
    | {"np.flip", "np.fliplr", "np.flipud", "np.rot90"}
    | {"np.atleast_1d", "np.atleast_2d", "np.atleast_3d"}
    | {"np.asarray", "np.asanyarray", "np.array", "np.ascontiguousarray", "np.astype", "np.typed"}
    | {"np.as_integers"}
    | {"np.split", "np.array_split", "np.hsplit", "np.vsplit", "np.part"}
    | {"real", "imag", "conj", "pos", "round", "float", "nan_to_num", "np.ix_"}
)
# What shows each of several arrays.
SEVERAL = frozenset(
    {"np.broadcast_arrays", "np.ix_", "np.meshgrid", "np.atleast_1d", "np.atleast_2d"}
    | {"np.atleast_3d"}
)
# What NumPy gives back as it is: differences of no order, a first power.
SAME = {"np.diff": ("n", 0), "np.matrix_power": ("n", 1)}


def shown_in(node: Node) -> Sequence[Node]:
    """The operands whose memory a value may show; those of a choice by a number are its arms."""
    if not isinstance(node, Call) or node.op in LEAVES:
        return ()
    match node.op:
        case "select":
            return () if node.options else node.args[1:]
        case "registered":
            return node.args  # whatever the user's function does
        case "np.einsum":
            shows = len(node.args) == 1  # "ij->ji" is a view
        case "np.index":
            # Arrays of indices make a new array.
            spec = dict(node.params).get("spec", ())
            taken = any(entry[0] in ADVANCED for entry in spec)
            shows = not taken and not any(index.type.axes for index in node.args[1:])
        case "np.array":
            shows = ("copy", None) not in node.params
        case _:
            if node.op in SEVERAL:
                return node.args
            same = node.op in SAME and SAME[node.op] in node.params
            shows = same or node.op in VIEWS
    return node.args[:1] if shows else ()


def is_new(node: Node) -> bool:
    """Whether a value shows nothing of the memory of others."""
    return isinstance(node, Call) and node.op not in LEAVES and not shown_in(node)
