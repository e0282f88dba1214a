"""What a client sends before its backend is connected arrives, also on Python before 3.11.3."""

import asyncio
from asyncio.selector_events import _SelectorTransport  # type: ignore[attr-defined]

import pytest

from labsupport.minicluster.node.relay import Relay


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send everything back once the client has ended its side."""
    writer.write(await reader.read())
    writer.close()


async def test_data_and_end_that_come_early_reach_the_backend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As on Python 3.11.2, where a pause asked for in connection_made is forgotten.
    monkeypatch.setattr(_SelectorTransport, "is_reading", lambda self: True)
    backend = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = backend.sockets[0].getsockname()[1]
    relay = Relay(lambda client: [("127.0.0.1", port)])
    slow_dial = relay._dial

    async def dial_later(address: tuple[str, int], source: str) -> object:
        await asyncio.sleep(0.05)
        return await slow_dial(address, source)

    monkeypatch.setattr(relay, "_dial", dial_later)
    await relay.listen(("127.0.0.1", 0))
    assert relay._server is not None
    reader, writer = await asyncio.open_connection(*relay._server.sockets[0].getsockname())
    writer.write(b"early")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 5) == b"early"
    writer.close()
    await relay.close()
    backend.close()
