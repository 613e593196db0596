"""
Find what went wrong with a machine, in a pipeline
==================================================

`TimeSeriesAnomalyDetector` is an outlier detector like any of scikit-learn's: it takes
a place in a pipeline, behind a scaler.
"""

# %%
# The sample series is twenty days of an invented machine. The first ten days are
# without faults: what is normal is learned from them.

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.datasets import load_sample_series

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
