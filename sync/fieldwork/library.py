"""Every form version of a season, read once for all tablets that hold it."""

import threading

from surveys.xforms.questionnaire import Questionnaire


class Library:
    """By the hash that lists give of it: `md5:` and hex digits. Safe to share between threads."""

    def __init__(self) -> None:
        self._forms: dict[str, Questionnaire] = {}
        self._lock = threading.Lock()

    def put(self, hash_: str, xform: bytes) -> None:
        with self._lock:
            if hash_ not in self._forms:
                self._forms[hash_] = Questionnaire(xform)

    def get(self, hash_: str) -> Questionnaire:
        return self._forms[hash_]
