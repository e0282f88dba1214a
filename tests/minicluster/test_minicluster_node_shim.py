"""The shim of python pods: "every address" is the pod's own."""

import socket
import subprocess
from pathlib import Path

import pytest
from own_network import PREFIX

from labsupport.minicluster.node import images

POD_IP = f"{PREFIX}.64.200"


def said(program: str) -> str:
    image = images.find("python:3")
    assert image is not None
    environment = {**image.environment, "INGRESS_LAB_POD_IP": POD_IP}
    command = [image.programs["python"], "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("host", ["", "0.0.0.0"])
def test_ipv4_wildcards_bind_the_pods_address(host: str) -> None:
    program = (
        f"import socket; s = socket.socket(); s.bind(({host!r}, 0)); print(s.getsockname()[0])"
    )
    assert said(program) == POD_IP


def test_an_address_asked_for_is_bound_as_it_is() -> None:
    program = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname())"
    assert said(program).startswith("('127.0.0.1'")


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_a_dual_stack_wildcard_is_reached_at_the_pods_address() -> None:
    program = """
import socket
s = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
print(s.getsockname()[0])
"""
    assert said(program) == f"::ffff:{POD_IP}"


def test_asyncio_servers_without_host_listen_on_loopback_only() -> None:
    program = """
import asyncio
async def main():
    server = await asyncio.start_server(lambda r, w: None, None, 0)
    print(*sorted(s.getsockname()[0] for s in server.sockets))
    server.close()
asyncio.run(main())
"""
    assert set(said(program).split()) <= {POD_IP, "::1"}


def test_pods_do_not_see_the_packages_of_the_lab() -> None:
    program = "import sys; print(any('.venv' in path for path in sys.path))"
    assert said(program) == "False"
    shim = Path(images.__file__).parent / "shim"
    assert said("import sitecustomize; print(sitecustomize.__file__)").startswith(str(shim))
