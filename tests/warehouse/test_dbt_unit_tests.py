"""dbt's own unit tests, which stand beside the models they show. A build leaves them out; this runs them all."""

from tests.world.build import World, dbt, manifest


def test_every_unit_test_of_the_models_passes(town: World) -> None:
    results = dbt(town.settings, "test", "--select", "test_type:unit")
    assert {status for _, status in results} == {"pass"}
    assert len(results) == len(manifest().unit_tests) >= 10


def test_the_models_that_decide_most_have_unit_tests() -> None:
    tested = {test.model for test in manifest().unit_tests.values()}
    assert tested >= {
        *("int_events_versioned", "int_events_sessioned", "int_milestones_reached", "int_stages_signalled"),
        *("int_funnels_followed", "fct_stage_intervals", "rpt_event_gaps"),
    }
