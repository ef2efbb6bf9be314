"""Real connections that break: what httpx raises for them is what is sent again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rasterloom_client import Client, Options
from tests.unit.client.scripted import TOKEN, VRT, StoppedClock

ACCEPTED = b'{"job_id": "6f1a08b1-eb3f-4fff-8228-2d0145d563f8", "status": "accepted", "message": ""}'
ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
WHOLE = ANSWER % (len(ACCEPTED), ACCEPTED)


@contextmanager
def server(answers: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Reads one request from each connection, answers with these bytes, and hangs up."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for each in answers:
                connection, _ = listening.accept()
                with connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(each)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
        thread.join(timeout=10)
        assert not thread.is_alive()


def keys(heard: list[bytes]) -> list[bytes]:
    """The idempotency key of each request."""
    return [line for request in heard for line in request.split(b"\r\n") if line.lower().startswith(b"idempotency-key")]


def test_a_write_is_sent_again_under_its_key_until_its_answer_is_whole() -> None:
    broken = [b"", WHOLE[:20], WHOLE[:-5], b"nonsense\r\n\r\n"]
    with server([*broken, WHOLE]) as (url, heard), Client(url, TOKEN, Options(clock=StoppedClock().clock())) as client:
        assert client.regenerate(VRT)["status"] == "accepted"
    assert len(keys(heard)) == 5
    assert len(set(keys(heard))) == 1


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again() -> None:
    with server([WHOLE, WHOLE]) as (url, heard), Client(url, TOKEN, Options(clock=StoppedClock().clock())) as client:
        client.regenerate(VRT)
        client.regenerate(VRT)
    assert len(set(keys(heard))) == 2
