"""Terms as people write them."""

import pytest

from core.errors import BadInput
from strategies.terms import Terms, terms


def test_terms_are_understood_as_people_write_them() -> None:
    assert terms("") == Terms()
    found = terms("cash=1e4, commission = 2bps,stop=5%, shorts=no, latency_s=0.25")
    assert found == Terms(cash=1e4, commission=0.0002, stop=0.05, shorts=False, latency_s=0.25)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("comission=1", "found 'comission=1', did you mean 'commission'?"),
        ("commission", "commission must be a number of 0 or more, such as 0.001, 0.1% or 10bps, was nan"),
        ("commission=-1", "commission must be a number of 0 or more"),
        ("stop=1.2.3", "stop must be a number"),
        ("shorts=perhaps", "shorts must be yes or no, was 'perhaps'"),
        ("cash=0", "nothing could be traded"),
    ],
)
def test_terms_that_make_no_sense_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as error:
        terms(text)
    assert sentence in str(error.value)
