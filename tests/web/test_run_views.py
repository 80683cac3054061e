"""What a run's lists are made of is what their contract says."""

from gateway.records.market.explanations import ExplanationRow
from gateway.web.run_views import ExplanationView


def test_an_explanation_is_sent_as_it_is_read_and_has_just_the_documented_members() -> None:
    assert set(ExplanationRow.__struct_fields__) == set(ExplanationView.model_fields)
