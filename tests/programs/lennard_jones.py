"""Lennard-Jones pair potential (Allen & Tildesley, Computer Simulation of Liquids)."""


def lennard_jones(r: float, epsilon: float, sigma: float) -> float:
    """Energy of two atoms at distance r; sigma as r, epsilon as the energy."""
    s6 = (sigma / r) ** 6
    return 4 * epsilon * (s6**2 - s6)


WRT = ("r",)

# Distance in angstrom, well depth in kJ/mol, diameter in angstrom: argon, krypton, ...
CASES = [
    (3.0, 0.996, 3.405),
    (3.405, 0.996, 3.405),
    (3.7, 0.996, 3.405),
    (4.5, 1.39, 3.62),
    (8.0, 1.39, 3.62),
    (2.2, 0.086, 2.556),
    (12.0, 1.93, 4.1),
    (0.5, 0.29, 2.75),
    (1.0, 1.0, 1.0),
]
