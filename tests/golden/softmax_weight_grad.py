# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:softmax_weight --wrt 0,1 -o \
#         softmax_weight_grad.py
#
# softmax_weight_grad: from tests.showcase:softmax_weight
#     sha256 02fb43119515ef12152bcc71040f12ed840c2b9ebd745c9812bebebbf85c59d7
#     SymPy found a form: expand

import math


def softmax_weight_grad(a, b):
    """Gradient of softmax_weight with respect to a, b."""
    largest = max(a, b)
    weight_a = math.exp(a - largest)
    weight_b = math.exp(b - largest)
    d_a = weight_a * weight_b / (weight_a + weight_b) ** 2
    return d_a, -d_a
