"""Seeds from what scikit-learn calls a random state."""

import numpy as np
from sklearn.utils import check_random_state

from recs_anomaly.exceptions import InputError


def seed_of(random_state: int | np.random.RandomState | None) -> int:
    """Draw a seed; without a random state from the machine, not NumPy's global one."""
    return seeds_of(random_state, 1)[0]


def seeds_of(
    random_state: int | np.random.RandomState | None, n_seeds: int
) -> list[int]:
    """Draw several seeds, as `seed_of` draws one."""
    if random_state is None:
        drawn = np.random.SeedSequence().generate_state(n_seeds) >> 1
        return [int(seed) for seed in drawn]
    try:
        generator = check_random_state(random_state)
    except ValueError as error:
        raise InputError(
            "random_state must be an integer from 0 to 2**32 - 1, a RandomState or "
            f"None; got {random_state!r}."
        ) from error
    return [int(seed) for seed in generator.randint(2**31 - 1, size=n_seeds)]
