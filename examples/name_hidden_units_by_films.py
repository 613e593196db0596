"""
Name the hidden units of a recommender by the films they like
=============================================================

A recommender of numbers and ids cannot read. Its hidden units are directions of taste
all the same: look at which films push a unit up when somebody likes them.
"""

# %%
# The films and the people of the sample are invented, and so are the genres, which the
# recommender never sees. Eight hidden units, one view: few enough to look at.

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import load_sample_ratings

ratings, films = load_sample_ratings()
model = RBMRecommender(n_hidden=8, view="user", random_state=0)
model.fit(ratings[["user_id", "item_id"]], ratings["rating"])

# %%
# ``coupling_`` says how far a liked film pushes each unit (its last row stands for
# films that nobody has rated). Films with few ratings hardly push at all, so the
# extremes are films that many know.

films = films.set_index("item_id").loc[model.items_]
coupling = pd.DataFrame(model.coupling_[:-1], index=films.index)
for unit in coupling:
    titles = films.title[coupling[unit].sort_values().index]
    print(f"unit {unit} likes {'; '.join(titles[:-4:-1])}")
    print(f"       and not {'; '.join(titles[:3])}")

# %%
# Do the units mean anything? The mean push of the films of each genre, in standard
# errors. With a hundred of them, one beyond 2.5 would be chance.

genres = films.genres.str.get_dummies("|").astype(bool)
genres = genres.loc[:, genres.sum() >= 15]
push = pd.DataFrame(
    {
        genre: (coupling[has].mean() - coupling[~has].mean())
        / np.sqrt(coupling[has].var() / has.sum() + coupling[~has].var() / (~has).sum())
        for genre, has in genres.items()
    }
)
n_beyond_doubt = int((push.abs() > 2.5).sum().sum())
print(f"{n_beyond_doubt} of {push.size} are beyond 2.5")

# %%
# A unit is named by the genres that push it beyond doubt, if there are any.

DOUBT = 2.5
names = [
    " ".join(
        [f"+{genre}" for genre in row.index[row > DOUBT]]
        + [f"−{genre}" for genre in row.index[row < -DOUBT]]
    )
    or f"unit {unit}: no genre"
    for unit, row in push.iterrows()
]
order = push.abs().max().sort_values(ascending=False).index
figure, axes = plt.subplots(figsize=(9, 4))
image = axes.imshow(push[order], cmap="PuOr_r", vmin=-5, vmax=5, aspect="auto")
axes.set_xticks(range(len(order)), order, rotation=40, ha="right")
axes.set_yticks(range(len(names)), [fill(name, 30) for name in names])
axes.set_title("What pushes a hidden unit: orange up, purple down")
axes.tick_params(length=0)
axes.spines[:].set_visible(False)
bar = figure.colorbar(image, label="standard errors", ticks=[-4, -2, 0, 2, 4])
bar.outline.set_visible(False)
plt.show()
