# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:cosine_similarity --wrt 0,1,2,3 -o \
#         cosine_similarity_grad.py
#
# cosine_similarity_grad: from tests.showcase:cosine_similarity
#     sha256 660ab81a3b2007265f127f520c5d5cff864abe2ff87978d4fa393ace4a6ecc94

import math


def cosine_similarity_grad(x1, y1, x2, y2):
    """Gradient of cosine_similarity with respect to x1, y1, x2, y2."""
    dot = x1 * x2 + y1 * y2
    ratio = dot / (x1**2 + y1**2)
    scale = math.hypot(x1, y1) * math.hypot(x2, y2)
    quotient = dot / (x2**2 + y2**2)
    return (
        (x2 - x1 * ratio) / scale,
        (y2 - y1 * ratio) / scale,
        (x1 - x2 * quotient) / scale,
        (y1 - y2 * quotient) / scale,
    )
