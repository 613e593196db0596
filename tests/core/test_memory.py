"""Large arrays give their memory back."""

import subprocess
import sys

import pytest

PROGRAM = """
from pathlib import Path

import numpy as np
from recs_anomaly.core.memory import large_arrays_apart

def resident():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024

APART
np.ones(31 * 2**17)  # freed, so that glibc takes what is smaller for small
before, pins = resident(), []
arrays = []
for _ in range(10):
    arrays.append(np.ones(20 * 2**17))
    pins.append(np.ones(2**13))  # lies behind, and keeps what is before it
del arrays
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has the setting")
def test_what_large_arrays_took_is_given_back() -> None:
    left = {
        call: float(subprocess.check_output([sys.executable, "-c", program]))
        for call in ("", "large_arrays_apart()")
        for program in [PROGRAM.replace("APART", call)]
    }
    assert left["large_arrays_apart()"] < 20  # MB, of 200
    assert left["large_arrays_apart()"] <= left[""]
