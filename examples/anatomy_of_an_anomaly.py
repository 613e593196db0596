"""
Anatomy of an anomaly
=====================

A row's score is put together from four questions: could it have been foreseen, does it
look like anything normal, has the like been seen before, and does it go with the other
channels? Here they are one by one.
"""

# %%
# Ten quiet days of an invented machine to learn from. Two days later its bearing runs
# hot for five hours.

import matplotlib.dates
import matplotlib.pyplot as plt
import numpy as np

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.datasets import load_sample_series

sample = load_sample_series()
calm = sample.values[:"2026-01-14"]
fault = sample.events[sample.events.kind == "level shift"].iloc[0]
day = sample.values["2026-01-16 04:00":"2026-01-17 04:00"]

# %%
# The whole detector, and four that listen to one branch alone. Minus the score says
# how many times a row is as abnormal as one normal row in a thousand; the threshold is
# each detector's own. The networks are left out here, to be quick.

detector = TimeSeriesAnomalyDetector(epochs=0).fit(calm)
branches = {
    branch: TimeSeriesAnomalyDetector(weights={branch: 1.0}, epochs=0).fit(calm)
    for branch in ("forecast", "reconstruction", "neighbour", "relation")
}
levels = {"all": detector, **branches}
levels = {
    name: model.score_samples(sample.values) / model.offset_
    for name, model in levels.items()
}
is_shown = sample.values.index.isin(day.index)
is_fault = (day.index >= fault.start) & (day.index <= fault.end)
reached = {name: level[is_shown][is_fault].max() for name, level in levels.items()}
for name, level in reached.items():
    print(f"{name:15s} reaches {level:5.1f} times its threshold in the fault")

# %%
# ``explain`` gives the forecast and the band in which 99 % of the training rows lay.

explained = detector.explain(sample.values).loc[day.index]
channel = fault.channel
figure, axes = plt.subplots(
    6, 1, figsize=(8, 8), sharex=True, height_ratios=[2.2, 1, 1, 1, 1, 1.3]
)
top = axes[0]
top.fill_between(
    day.index,
    explained["lower"][channel],
    explained["upper"][channel],
    **{"color": "C5", "alpha": 0.35, "linewidth": 0},
)
top.plot(day.index, explained["expected"][channel], color="C0", linewidth=1)
top.plot(day.index, day[channel], ".", color="0.15", markersize=3)
top.set_title(
    "Bearing, °C: readings (dots), the forecast, and where 99 % should lie (band)"
)
QUESTIONS = {
    "forecast": "Forecast: could it have been foreseen?",
    "reconstruction": "Reconstruction: does it look normal?",
    "neighbour": "Neighbour: has the like been seen before?",
    "relation": "Relation: does it go with the other channels?",
    "all": "All: the score, in multiples of the threshold",
}
for panel, (name, question) in zip(axes[1:], QUESTIONS.items(), strict=True):
    level = levels[name][is_shown]
    panel.semilogy(day.index, level, color="C0")
    panel.fill_between(
        *(day.index, 1, np.maximum(level, 1)), **{"color": "C1", "linewidth": 0}
    )
    panel.axhline(1, color="0.5", linewidth=0.8, linestyle=":")
    panel.set_title(question)
    panel.set(ylim=(0.04, 60), yticks=[0.1, 1, 10], yticklabels=["0.1", "1", "10"])
    panel.minorticks_off()
for panel in axes:
    panel.axvspan(fault.start, fault.end, color="0.92", zorder=-1)
axes[-1].xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%H:%M"))
axes[-1].set_xlabel("Grey: the fault as the sample's labels have it. Orange: beyond.")
plt.show()

# %%
# Errors are averaged over a short and a long stretch of time, which lifts single rows
# out of the noise, and widens what is beyond the threshold. What a person reads is an
# event, which begins and ends where something happened.

events = detector.events(sample.values)
met = events[(events.start <= fault.end) & (events.end >= fault.start)]
for event in met.itertuples():
    print(f"{event.start:%d %b %H:%M} to {event.end:%H:%M}: {event.cause}")
