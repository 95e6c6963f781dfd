"""All that indicators on bars are compared with, family by family."""

from tests.indicators.cases import first, momentum, overlaps, statistics
from tests.indicators.cases.case import Case

CASES: tuple[Case, ...] = (*first.CASES, *momentum.CASES, *overlaps.CASES, *statistics.CASES)
