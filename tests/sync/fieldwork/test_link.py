"""A simulated tablet's link: what a server that hangs up means."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sync.fieldwork.link import Link

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def server(*answers: bytes) -> Iterator[str]:
    """One connection an answer; it hangs up after each, without a word of it in the answer."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        thread.join(5)
        listening.close()


def test_a_connection_that_the_server_gave_up_while_idle_is_made_anew():
    with server(OK, OK) as url:
        link = Link(url)
        bodies = [link.exchange("POST", "/", b"x" * 100, {}).body for _ in range(2)]
        link.close()

    assert bodies == [b"ok", b"ok"]
    assert link.usage.breaks == 0


def test_a_server_that_never_answers_is_told_at_once():
    with server(b"") as url, pytest.raises(ConnectionError):
        Link(url).exchange("GET", "/", b"", {})
