"""All estimators are found, each under its public name, and nothing else is."""

import recs_anomaly
from recs_anomaly.base.discovery import all_estimators
from tests.persistence.every_estimator import SAMPLES


def test_estimators_are_found_by_their_public_names() -> None:
    found = all_estimators()
    assert found == sorted(found, key=lambda pair: pair[0])
    for name, estimator in found:
        assert getattr(recs_anomaly, name) is estimator
        assert {"fit", "get_params"} <= set(dir(estimator))
    others = set(recs_anomaly.__all__) - {name for name, _ in found}
    assert others == {"load", "save"}


def test_a_file_can_hold_each_of_them() -> None:
    assert {name for name, _ in all_estimators()} <= set(SAMPLES)
