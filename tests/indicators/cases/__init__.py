"""All that indicators on bars are compared with, family by family."""

from tests.indicators.cases import cycles, first, momentum, overlaps, statistics, volume
from tests.indicators.cases.case import Case

FAMILIES = {module.__name__: tuple(module.CASES) for module in (cycles, first, momentum, overlaps, statistics, volume)}
CASES: tuple[tuple[str, Case], ...] = tuple((name, case) for name, cases in FAMILIES.items() for case in cases)
