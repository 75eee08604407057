"""What holds at ties, where there are several derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

CONVENTIONS: list[tuple[str, dict[str, Any], Any]] = [
    ("np.max(x)", {"x": [1.0, 3.0, 3.0]}, [0.0, 1.0, 0.0]),
    ("np.min(x)", {"x": [1.0, 1.0, 3.0]}, [1.0, 0.0, 0.0]),
    ("x.max()", {"x": [[2.0, 2.0], [2.0, 1.0]]}, [[1.0, 0.0], [0.0, 0.0]]),
    ("np.sum(np.max(x, axis=1))", {"x": [[2.0, 2.0], [1.0, 3.0]]}, [[1.0, 0.0], [0.0, 1.0]]),
    ("np.ptp(x)", {"x": [2.0, 2.0, 2.0]}, [0.0, 0.0, 0.0]),
    ("np.sum(np.maximum(x, y))", {"x": [1.0, 2.0], "y": [1.0, 3.0]}, [1.0, 0.0]),
    ("np.sum(np.minimum(y, x))", {"x": [1.0, 2.0], "y": [1.0, 3.0]}, [0.0, 1.0]),
    ("np.sum(np.clip(x, 0.0, 1.0))", {"x": [0.0, 1.0, 2.0]}, [1.0, 1.0, 0.0]),
    ("np.sum(np.abs(x))", {"x": [0.0, -2.0]}, [0.0, -1.0]),
    ("np.linalg.norm(x)", {"x": [0.0, 0.0]}, [0.0, 0.0]),
    (
        "np.sum(np.linalg.norm(x, axis=1))",
        {"x": [[0.0, 0.0], [3.0, 4.0]]},
        [[0.0, 0.0], [0.6, 0.8]],
    ),
    ("np.sum(np.where(x > 0, x, 2 * x))", {"x": [0.0, 1.0]}, [2.0, 1.0]),
    ("np.sum(np.where(x > 0, np.sqrt(x), 0))", {"x": [0.0, 4.0]}, [0.0, 0.25]),
    ("np.sum(np.where(x == 0, 1.0, np.sin(x) / x))", {"x": [0.0, np.pi]}, [0.0, -1 / np.pi]),
    ("np.sum(np.sort(x) * y)", {"x": [1.0, 1.0, 0.0], "y": [1.0, 2.0, 3.0]}, [2.0, 3.0, 1.0]),
    ("np.median(x)", {"x": [1.0, 2.0, 3.0, 4.0]}, [0.0, 0.5, 0.5, 0.0]),
]
