"""Programs as graphs to look at.

reader -- Program --> Diagram: boxes, their texts, arrows
rows, places, layout --> where they stand
svg, dot, mermaid --> text
"""

from diffsrc.draw.picture import ExpressionGraph
from diffsrc.draw.reader import Subject, diagram

__all__ = ["ExpressionGraph", "Subject", "diagram"]
