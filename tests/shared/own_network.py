"""A loopback network for parts that a test builds by itself.

Labs take theirs from 127.16.0.0 on. So these lie below, and a socket held for the life of the
process keeps other processes of the same tests out.
"""

import atexit
import socket

_RESERVED_PORT = 47809


def _reserved() -> tuple[int, socket.socket]:
    for number in range(2, 16):
        held = socket.socket()
        try:
            held.bind((f"127.{number}.255.254", _RESERVED_PORT))
        except OSError:
            held.close()
        else:
            return number, held
    raise AssertionError("fourteen other test processes run on this machine")


NUMBER, _HELD = _reserved()
atexit.register(_HELD.close)
PREFIX = f"127.{NUMBER}"
