"""A link between a client we did not write and a real server: every connection dies on its way."""

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

PIECE = 16 * 1024
CONNECT_SECONDS = 1.0  # as over 2G; by then the server has put away what the last one brought


class BreakingLink:
    """Listens, and passes on at most `life` bytes up a connection before it cuts both ends."""

    def __init__(self, server: str, *, life: int) -> None:
        parts = urlsplit(server)
        self.target = parts.hostname or "", parts.port or 80
        self.life = life
        self.up = 0  # bytes in all
        self.breaks = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "BreakingLink":
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        time.sleep(CONNECT_SECONDS)
        with client, socket.create_connection(self.target) as server:
            down = threading.Thread(target=_pump, args=(server, client), daemon=True)
            down.start()
            left = self.life
            with suppress(OSError):
                while piece := client.recv(min(PIECE, left)):
                    server.sendall(piece)
                    self.up += len(piece)
                    left -= len(piece)
                    if not left:
                        self.breaks += 1
                        break
            for end in (client, server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            down.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
