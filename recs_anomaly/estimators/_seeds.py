"""Seeds from what scikit-learn calls a random state."""

import numpy as np
from sklearn.utils import check_random_state


def seed_of(random_state: int | np.random.RandomState | None) -> int:
    """Draw a seed; without a random state from the machine, not NumPy's global one."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    return int(check_random_state(random_state).randint(2**31 - 1))
