"""Memory of large arrays, which goes back to the system when they are freed."""

import ctypes
import sys

LARGE = 8 * 2**20  # bytes
MMAP_THRESHOLD = -3  # as glibc's malloc.h numbers its settings


def large_arrays_apart() -> None:
    """Let large arrays have pages of their own, in this process, from now on.

    So glibc begins, but the first that is freed raises what counts as large, up to 32
    MiB: what the tiles of a large image leave stays with the process then, 130 MB of
    1.5 GB. Cleaning such an image takes a tenth more time. Other libraries of C are
    left as they are.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(MMAP_THRESHOLD, LARGE)
