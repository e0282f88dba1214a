"""What all testers have in common."""

import pytest

from labsupport.base.errors import UsageError
from labsupport.widgets import CostModel, HostMatcher, PathTypeExplorer, Tester


@pytest.mark.parametrize("kind", [CostModel, HostMatcher, PathTypeExplorer])
def test_a_tester_that_needs_no_lab_says_so_when_it_is_given_one(kind: type[Tester]) -> None:
    class Lab:
        """As good as any: it is not looked into."""

    with pytest.raises(UsageError, match=f"{kind.__name__} needs no lab") as caught:
        kind(Lab())  # type: ignore[call-arg]
    assert caught.value.remedy == f"{kind.__name__}()"
