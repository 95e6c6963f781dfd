"""All that indicators on bars are compared with, family by family."""

from tests.indicators.cases import cycles, first, momentum, overlaps, statistics, volume
from tests.indicators.cases.case import Case

_FAMILIES = (cycles, first, momentum, overlaps, statistics, volume)
CASES: tuple[Case, ...] = tuple(case for family in _FAMILIES for case in family.CASES)
