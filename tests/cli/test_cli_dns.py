"""`lab dns` for a folder of zone files, without a cluster."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from dns_servers import free_port

from labsupport.cli.main import main


def test_a_folder_is_edited_and_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "zones")
    assert main(["dns", "add", "a.example.com", "127.0.0.1", "--zones", folder]) == 0
    capsys.readouterr()
    assert main(["dns", "list", "--zones", folder]) == 0
    assert "a.example.com" in capsys.readouterr().out


def test_without_a_cluster_a_value_is_needed(tmp_path: Path) -> None:
    assert main(["dns", "add", "a.example.com", "--zones", str(tmp_path)]) == 2


def test_without_a_cluster_the_labs_zones_say_how_to_start_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["dns", "list"]) == 1
    assert "./lab up" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--cache"]])
def test_serve_answers_for_a_folder_until_it_is_interrupted(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["dns", "add", "a.example.com", "127.0.0.1", "--zones", str(tmp_path)])
    port = str(free_port())
    command = [sys.executable, "-m", "labsupport.cli", "dns", "serve", "--port", port, *options]
    command += ["--zones", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as server:
        assert server.stdout is not None
        assert "answering for example.com" in server.stdout.readline()
        capsys.readouterr()
        assert main(["dns", "query", "a.example.com", f"@127.0.0.1:{port}", "--json"]) == 0
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 0
    reply = json.loads(capsys.readouterr().out)
    assert (reply["records"][0]["value"], reply["authoritative"]) == ("127.0.0.1", not options)
