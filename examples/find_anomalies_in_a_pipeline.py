"""
Find what went wrong with a machine, in a pipeline
==================================================

`TimeSeriesAnomalyDetector` is an outlier detector like any of scikit-learn's: it takes
a place in a pipeline, behind a scaler.
"""

# %%
# The sample series is twenty days of an invented machine. The first ten days are
# without faults: what is normal is learned from them.

import matplotlib.dates
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.datasets import data_home, load_sample_series
from recs_anomaly.displays import AnomalyDisplay

sample = load_sample_series()
calm, later = sample.values.iloc[:2880], sample.values.iloc[2880:]

# %%
# The detector scales its channels itself, so the scaler is only company here. With
# ``set_output`` the frame keeps its times on the way through: the detector needs them
# to see where the machine was down, which is no anomaly.

detector = TimeSeriesAnomalyDetector(epochs=2, random_state=0)
pipeline = make_pipeline(StandardScaler(), detector).set_output(transform="pandas")
pipeline.fit(calm)
scores = pipeline.score_samples(later)  # the lower, the more abnormal
print(f"the most abnormal row is that of {later.index[scores.argmin()]}")

# %%
# Single rows are little use to whoever looks after the machine. Events say when, in
# which channel, and why; what they quote is in the units of the scaler, standard
# deviations.

events = pipeline[-1].events(pipeline[:-1].transform(later))
print(events[["start", "end", "channel", "cause"]].head(5).to_string(index=False))

# %%
# Because faults of the sample are known, we can count how many were met.

met = [
    bool(((events["start"] <= fault.end) & (events["end"] >= fault.start)).any())
    for fault in sample.events.itertuples()
]
found = sum(met) / len(met)
print(f"{sum(met)} of {len(met)} faults were found")

# %%
# All of it in one picture. The display works in the scaler's units, too; the dark bars
# at the bottom are the faults as they were.

display = AnomalyDisplay.from_estimator(
    pipeline[-1], pipeline[:-1].transform(later), channels=["bearing_temperature_C"]
)
bottom = display.axes_[-1]
for fault, was_met in zip(sample.events.itertuples(), met, strict=True):
    end = max(fault.end, fault.start + pd.Timedelta("1h"))  # wide enough to be seen
    bottom.axvspan(fault.start, end, ymax=0.07, color="0.2")
    if not was_met:
        bottom.text(fault.start, 1, f"{fault.kind}, missed", rotation=30, size=8)
plt.show()

# %%
# And a real machine? ``fetch_nab("realKnownCause/machine_temperature_system_failure")``
# leaves the temperature of one in the data home: a planned stop on 16 December, faint
# first signs of trouble on 28 January, and a breakdown on 8 and 9 February.

name = "machine_temperature_system_failure"
for file in sorted(data_home().rglob(f"*{name}.csv"))[:1]:
    table = pd.read_csv(file, index_col="timestamp", parse_dates=["timestamp"])
    machine = table[["value"]].sort_index()  # a row stands in the wrong place
    real = TimeSeriesAnomalyDetector(epochs=0).fit(machine[:"2013-12-12"])
    real_events = real.events(machine["2013-12-13":])
    print(real_events[["start", "end", "cause"]].to_string(index=False))
    figure, axes = plt.subplots(figsize=(8, 2.2))
    axes.plot(machine, color="0.4", linewidth=0.6)
    for event in real_events.itertuples():
        axes.axvspan(event.start, event.end, color="C1", alpha=0.5)
    axes.set_title("Degrees. Orange: events")
    axes.xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%d %b"))
    plt.show()
