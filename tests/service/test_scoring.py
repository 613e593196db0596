"""Blocks of rows over HTTP are judged as the detector judges them."""

import base64
import gzip
import json
import re
from hashlib import sha256

import numpy as np
import pytest

from tests.service.running import Running, as_rows, detector, series

START = "/v1/detectors/pump"
CSV = {"Content-Type": "text/csv"}
ODD = series(500, 1, is_odd=True)


def test_scores_of_json_and_of_csv(service: Running) -> None:
    expected = detector().assess(ODD)
    by_json = service.client.post(f"{START}/score", json=as_rows(ODD)).json()
    content = ODD.to_csv().encode()
    by_csv = service.client.post(f"{START}/score", content=content, headers=CSV).json()
    for answer in (by_json, by_csv):
        np.testing.assert_allclose(answer["scores"], expected.scores, rtol=1e-9)
        assert answer["is_abnormal"] == (expected.decisions < 0).tolist()
    assert by_json["n_abnormal"] > 10


def test_rows_may_name_channels_and_lack_readings(service: Running) -> None:
    odd = ODD.copy()
    odd.iloc[40, 1] = np.nan
    rows = as_rows(odd)
    rows["rows"] = [
        {"bar": bar} if celsius is None else {"celsius": celsius, "bar": bar}
        for bar, celsius in rows["rows"]
    ]
    answer = service.client.post(f"{START}/score", json=rows).json()
    np.testing.assert_allclose(answer["scores"], detector().score_samples(odd))


def test_events_have_times_and_causes(service: Running) -> None:
    [event] = service.client.post(f"{START}/events", json=as_rows(ODD)).json()["events"]
    expected = detector().events(ODD).iloc[0]
    assert event["start"] == expected["start"].isoformat()
    assert event["channel"] == "bar"
    assert event["cause"] == expected["cause"]


def test_a_report_may_run_its_own_script_alone(service: Running) -> None:
    answer = service.client.post(f"{START}/report", json=as_rows(ODD)).json()
    page = service.client.get(answer["page"])
    policy = page.headers["content-security-policy"]
    [script] = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy
    assert service.client.get("/reports/another").status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"rows": [[1, 2], [3]]}', "application/json", 400),
        (b'{"rows": [[1, 2]]}', "application/json", 400),
        (b'{"rows": []}', "application/json", 400),
        (b'{"rows": [[1, 1e999], [1, 2]]}', "application/json", 400),
        (b'{"rows": [[1, NaN], [1, 2]]}', "application/json", 200),
        (b'{"rows": [{"bar": 1, "volt": 2}, [1, 2]]}', "application/json", 400),
        (b'{"rows": [[1, 2], [1, 2]], "times": [1]}', "application/json", 400),
        (b'{"rows": [[1, 2], [1, 2]], "times": ["x", "y"]}', "application/json", 400),
        (b'{"rows": [[1, 2], [1, 2]], "times": [1e300, 2]}', "application/json", 400),
        (b'{"rows": "many"}', "application/json", 422),
        (b"\xff\xfe\x00", "application/json", 422),
        (b"nothing", "text/plain", 415),
        (b"bar,celsius\n", "text/csv", 400),
        (b"volt,ampere\n1,2\n2,3\n", "text/csv", 400),
        (b"", "text/csv", 400),
        (gzip.compress(ODD.to_csv().encode()), "text/csv", 415),
    ],
)
def test_bad_bodies(service: Running, body: bytes, kind: str, status: int) -> None:
    answer = service.client.post(
        f"{START}/score", content=body, headers={"Content-Type": kind}
    )
    assert answer.status_code == status, answer.text
    assert "/tmp" not in answer.text
    assert "Traceback" not in answer.text


def test_what_json_cannot_say_is_null(service: Running) -> None:
    rows = {"rows": [[None, None]] * 60}
    answer = service.client.post(f"{START}/score", json=rows)
    assert answer.status_code in (200, 400)
    json.loads(answer.text, parse_constant=pytest.fail)
