"""What a server takes before it serves."""

import socket

import pytest

from backend.engine_home import CannotStart
from backend.preparation import hold_port


def test_second_server_is_refused_a_port_before_the_first_one_listens() -> None:
    with (
        hold_port("127.0.0.1", 0) as held,
        pytest.raises(CannotStart, match="Choose another port"),
    ):
        hold_port("127.0.0.1", held.getsockname()[1])


def test_web_processes_share_the_held_port_and_get_all_that_arrives() -> None:
    with hold_port("127.0.0.1", 0) as held, socket.socket() as web, socket.socket() as other:
        for listener in (web, other):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind(held.getsockname())
            listener.listen()
        for _ in range(20):
            socket.create_connection(held.getsockname(), timeout=5).close()
