"""
Invent names of modules
=======================

Python's standard library has some three hundred modules. What would the next ones be
called? `TextGenerator` learns the names a letter at a time, and where they end.
"""

# %%
# Each name is a text of its own.

import sys

import matplotlib.pyplot as plt

from recs_anomaly import TextGenerator

names = sorted(name for name in sys.stdlib_module_names if not name.startswith("_"))
learned, held_out = names[::2] + names[1::4], names[3::4]
print(len(learned), "names to learn from, such as", ", ".join(learned[:5]))

# %%
# A small network is enough, and stops before it knows the names by heart.

model = TextGenerator(n_units=48, epochs=40, learning_rate=0.01, random_state=0)
model.fit(learned)
print(f"stopped after {model.n_iter_} epochs")

# %%
# With no length given, a text ends where the network ends it. Lower temperatures write
# what is likely, higher ones what is not.

for temperature in (0.4, 0.8, 1.2):
    written = {
        model.generate("", None, temperature, random_state=seed) for seed in range(8)
    }
    new = sorted(name for name in written - set(names) if name)
    print(f"temperature {temperature}: {', '.join(new)}")

# %%
# How good is it? Names that it has not seen should take fewer bits a letter than the
# same names spelt backwards.

bits = -model.score(held_out)
reversed_bits = -model.score([name[::-1] for name in held_out])
print(f"{bits:.2f} bits a letter, {reversed_bits:.2f} if the names are spelt backwards")

# %%
# Name by name: below the line are those that look more like a module's name than their
# mirror image does.

surprise = {
    name: (-model.score([name[::-1]]), -model.score([name])) for name in held_out
}
figure, axes = plt.subplots(figsize=(6, 5))
axes.plot(*zip(*surprise.values(), strict=True), "o", markersize=4, alpha=0.6)
ends = [min(map(min, surprise.values())), max(map(max, surprise.values()))]
axes.plot(ends, ends, color="0.6", linewidth=0.8)
clear = sorted(surprise, key=lambda name: surprise[name][1] - surprise[name][0])
for name in (*clear[:4], *clear[-2:]):
    axes.annotate(f" {name}", surprise[name], size=8, va="center", color="0.3")
axes.set(xlabel="bits a letter, spelt backwards", ylabel="bits a letter")
plt.show()
