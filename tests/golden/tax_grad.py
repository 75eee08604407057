# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.tax:tax --wrt income -o tax_grad.py
#
# tax_grad: from tests.programs.tax:tax
#     sha256 c257b05588fe4f9c3c88edae54ad63f10dc31a220780e084337d7343097342dd


def tax_grad(income: float) -> float:
    """Derivative of tax with respect to income."""
    if income <= 11_604:
        return 0.0
    if income <= 17_005:
        y = (income - 11_604) / 10_000
        return 0.184596 * y + 0.14
    if income <= 66_760:
        z = (income - 17_005) / 10_000
        return 0.036238 * z + 0.2397
    if income <= 277_825:
        return 0.42
    return 0.45
