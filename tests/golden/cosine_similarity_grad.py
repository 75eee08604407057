# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:cosine_similarity --wrt 0,1,2,3 -o \
#         cosine_similarity_grad.py
#
# cosine_similarity_grad: from tests.showcase:cosine_similarity
#     sha256 660ab81a3b2007265f127f520c5d5cff864abe2ff87978d4fa393ace4a6ecc94
#     SymPy found a form: factor_terms

import math


def cosine_similarity_grad(x1, y1, x2, y2):
    """Gradient of cosine_similarity with respect to x1, y1, x2, y2."""
    hypot_x1_y1 = math.hypot(x1, y1)
    hypot_x2_y2 = math.hypot(x2, y2)
    ratio = (y1 * x2 - x1 * y2) / (hypot_x1_y1 * hypot_x2_y2)
    quotient = ratio / hypot_x1_y1 / hypot_x1_y1
    share = ratio / hypot_x2_y2 / hypot_x2_y2
    return y1 * quotient, -x1 * quotient, -y2 * share, x2 * share
