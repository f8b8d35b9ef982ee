"""Shelf: files made once and kept while there is room, the one longest unused going first. Pure."""

from collections import OrderedDict
from threading import Lock


class Shelf:
    """Bytes by token, bounded by their total size. Threads of a process share one."""

    def __init__(self, *, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.held_bytes = 0
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, token: str) -> bytes | None:
        with self._lock:
            content = self._files.get(token)
            if content is not None:
                self._files.move_to_end(token)
            return content

    def put(self, token: str, content: bytes) -> bytes:
        """Keeps the bytes, unless they alone would fill the shelf; gives them back."""
        with self._lock:
            if token not in self._files and len(content) <= self.most_bytes:
                self._files[token] = content
                self.held_bytes += len(content)
                while self.held_bytes > self.most_bytes:
                    _, oldest = self._files.popitem(last=False)
                    self.held_bytes -= len(oldest)
        return content
