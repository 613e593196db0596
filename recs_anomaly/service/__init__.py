"""The models as a web service; `recs-anomaly serve` runs it.

Read it in this order: `settings` says what may be chosen, `models` holds the models and
exchanges them, `work` keeps what computes off the event loop, `gate` is what every
request passes through, `recommending`, `scoring`, `live` and `denoising` answer, `app`
puts them together, and `server` runs them.
"""
