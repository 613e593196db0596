"""What the processes that a test starts take."""

import resource


def processor_seconds() -> float:
    """Processor time of all that have ended, whatever else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
