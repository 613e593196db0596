"""Answers that were given before, as many as there is room for."""

from collections import OrderedDict
from collections.abc import Hashable

ROOM = 16 * 2**20
AROUND = 512  # bytes that Python spends on keeping one, with its question


class Remembered:
    """Answers by their questions; those that nobody asked for longest are forgotten.

    Parameters
    ----------
    room : int, default=16777216
        Bytes that they may take together.

    Examples
    --------
    >>> remembered = Remembered(room=2 * (512 + 3))
    >>> for name in ("ada", "bob", "cyd"):
    ...     remembered.keep(name, name.encode())
    >>> remembered.find("ada"), remembered.find("cyd")
    (None, b'cyd')
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()

    def find(self, question: Hashable) -> bytes | None:
        """Look for an answer.

        Parameters
        ----------
        question : Hashable

        Returns
        -------
        answer : bytes or None
        """
        answer = self._answers.get(question)
        if answer is not None:
            self._answers.move_to_end(question)
        return answer

    def keep(self, question: Hashable, answer: bytes) -> None:
        """Remember an answer.

        Parameters
        ----------
        question : Hashable
        answer : bytes
        """
        before = self._answers.pop(question, None)
        if before is not None:
            self._room += len(before) + AROUND
        self._answers[question] = answer
        self._room -= len(answer) + AROUND
        while self._room < 0:
            _, oldest = self._answers.popitem(last=False)
            self._room += len(oldest) + AROUND
