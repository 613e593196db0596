"""
Clean a photograph, and know how far to trust it
================================================

`ImageDenoiser` comes with weights that have seen photographs. It finds out by itself
how strong the noise is, and says of every pixel between what bounds the clean one lies.
"""

# %%
# A photograph that comes with scikit-learn; where the data home holds the classic
# twelve, in ``images/set12``, the first of them. Noise of strength 25 of 255 is put on.

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from recs_anomaly import ImageDenoiser
from recs_anomaly.datasets import data_home, load_sample_images, make_noise
from recs_anomaly.displays import DenoiseDisplay
from recs_anomaly.metrics.image import psnr

pictures = [load_sample_images()["china"].mean(axis=2).round().astype(np.uint8)]
for file in sorted(data_home().glob("images/set12/*.png"))[:1]:
    pictures.append(np.asarray(Image.open(file).convert("L")))
noisy = [make_noise("gaussian", one, 25, random_state=0) for one in pictures]

# %%
# Nobody tells the denoiser about the noise. The interval is made for nine in ten.

denoiser = ImageDenoiser.from_pretrained("gray")
cleaned = denoiser.predict(noisy)
intervals = denoiser.predict_interval(noisy)
sigmas = denoiser.estimate_sigma(noisy)
for place, (was, came, gives) in enumerate(zip(pictures, noisy, cleaned, strict=True)):
    low, high = intervals.low[place], intervals.high[place]
    covered = np.mean((low <= was) & (was <= high))
    before, after = psnr(came, was, 255), psnr(gives, was, 255)
    print(f"noise of {sigmas[place]:.1f} found; PSNR {before:.1f} -> {after:.1f} dB;")
    print(f"    {covered:.1%} of the clean pixels lie in their interval")

# %%
# It is least sure of itself where much is going on: at edges, and in fine texture. What
# was taken out looks like noise, not like the picture.

box = slice(60, 240), slice(40, 240)
for place, (was, came, gives) in enumerate(zip(pictures, noisy, cleaned, strict=True)):
    ends = intervals.low[place][box], intervals.high[place][box]
    DenoiseDisplay.from_predictions(came[box], gives[box], bounds=ends, clean=was[box])
plt.show()
