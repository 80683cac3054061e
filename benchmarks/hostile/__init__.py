"""Input that somebody may send to keep others waiting: shapes that grow to any size, each of one kind.

Valid and invalid ones are among them: what counts is how long it takes to say which.
"""

from typing import Final

from benchmarks.hostile.json_shapes import JSON_SHAPES
from benchmarks.hostile.operator_shapes import OPERATOR_SHAPES
from benchmarks.hostile.shape import Shape
from benchmarks.hostile.table_shapes import TABLE_SHAPES
from benchmarks.hostile.xml_shapes import XML_SHAPES

SHAPES: Final[dict[str, Shape]] = XML_SHAPES | JSON_SHAPES | TABLE_SHAPES | OPERATOR_SHAPES
