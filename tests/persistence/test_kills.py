"""kill -9 at moments spread over all of save: the file is the old or the new one."""

import json
import subprocess
import sys
from pathlib import Path

N_KILLS = 20

# One process imports everything and forks a child for each moment. The child counts
# the lines of ours that write the file; at its line it reports and waits to be killed.
KILL_WHILE_SAVING = """
import json, os, signal, sys
from pathlib import Path
import numpy as np
from sklearn.preprocessing import StandardScaler
from recs_anomaly import load, save
from recs_anomaly import persistence

path, n_kills = Path(sys.argv[1]), int(sys.argv[2])
home = Path(persistence.__file__).parent
names = ("__init__.py", "_archive.py", "../replacing.py")
written_by = {str((home / name).resolve()) for name in names}
rows = np.random.default_rng(0).normal(size=(3, 20_000))
old, new = StandardScaler().fit(rows[:2]), StandardScaler().fit(rows)

def traced(on_line):
    def on_call(frame, event, argument):
        return on_event if frame.f_code.co_filename in written_by else None

    def on_event(frame, event, argument):
        if event == "line":
            on_line()
        return on_event

    sys.settrace(on_call)
    save(new, path)
    sys.settrace(None)

lines = []
traced(lambda: lines.append(1))

def killed_at(moment):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        left = iter(range(moment))
        def on_line():
            if next(left, None) is None:
                os.write(write, b".")
                signal.pause()
        traced(on_line)
        os.write(write, b"!")
        os._exit(0)
    arrived = os.read(read, 1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return arrived.decode()

report = []
for kill in range(n_kills):
    save(old, path)
    arrived = killed_at((len(lines) - 1) * kill // (n_kills - 1))
    mean = load(path).mean_
    state = "old" if (mean == old.mean_).all() else "new"
    assert state == "old" or (mean == new.mean_).all()
    litter = [each for each in path.parent.iterdir() if each != path]
    for each in litter:
        load(each)
        each.unlink()
    report.append([arrived, state, len(litter)])
json.dump(report, sys.stdout)
"""


def test_a_killed_save_leaves_a_whole_file(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", KILL_WHILE_SAVING, tmp_path / "a.recs", str(N_KILLS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    arrived, states, litter = zip(*report, strict=True)
    assert arrived == (".",) * N_KILLS
    assert (states[0], states[-1]) == ("old", "new")
    assert list(states) == sorted(states, reverse=True)
    # Only between two system calls can a complete draft be left under its own name.
    assert sum(litter) <= 1
