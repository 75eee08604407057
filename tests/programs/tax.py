"""German income tax of 2024 (section 32a EStG, as of January 2024)."""


def tax(income: float) -> float:
    """Tax in euro on a taxable income in euro, not rounded."""
    if income <= 11_604:
        return 0.0
    if income <= 17_005:
        y = (income - 11_604) / 10_000
        return (922.98 * y + 1400) * y
    if income <= 66_760:
        z = (income - 17_005) / 10_000
        return (181.19 * z + 2397) * z + 1025.38
    if income <= 277_825:
        return 0.42 * income - 10_602.13
    return 0.45 * income - 18_936.88


WRT = ("income",)

CASES = [
    (0.0,),
    (9000.0,),
    (11_700.0,),
    (14_250.5,),
    (17_004.0,),
    (17_006.0,),
    (42_000.0,),
    (66_000.0,),
    (95_000.0,),
    (277_000.0,),
    (1_250_000.0,),
]
