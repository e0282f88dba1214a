"""`lab certificate` and `lab ca`: with no cluster for files, with a running one for the rest."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from labsupport.base.paths import Instance, instance
from labsupport.cli.main import main
from labsupport.trust import ensure_credentials

NAME = "kiada.example.com"


@pytest.fixture
def home() -> Instance:
    """This test's own instance with an authority, not running."""
    home = instance().make()
    ensure_credentials(home, 77)
    return home


def made(folder: Path, *options: str) -> str:
    """The file of a certificate made by the command."""
    assert main(["certificate", "make", NAME, "--out", str(folder), *options]) == 0
    return str(folder / "tls.crt")


def test_a_certificate_is_made_while_the_cluster_is_down(
    home: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(tmp_path)
    first, *files = capsys.readouterr().out.splitlines()
    assert first.startswith(f"certificate for {NAME}: EC 256, for 30 days")
    assert files == [f"  {tmp_path / 'tls.crt'}", f"  {tmp_path / 'tls.key'}"]


@pytest.mark.parametrize(("kind", "code"), [("good", 0), ("expired", 1), ("self-signed", 1)])
def test_verify_ends_as_a_client_would(
    home: Instance, tmp_path: Path, kind: str, code: int
) -> None:
    assert main(["certificate", "verify", made(tmp_path, "--kind", kind), "--name", NAME]) == code


def test_show_tells_the_reason_and_ends_well(
    home: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certificate", "show", made(tmp_path), "--name", "quote.example.com"]) == 0
    told = capsys.readouterr().out
    assert "issued by    Ingress Lab CA" in told
    assert f"other-name: the certificate is for {NAME}, not for quote.example.com" in told


def test_json_is_for_programs(
    home: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made(tmp_path, "--kind", "expired", "--rsa")
    capsys.readouterr()
    main(["certificate", "verify", path, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in found["refusals"]] == ["expired"]
    assert found["chain"][0]["key"] == {"type": "RSA", "bits": 2048}


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")
def test_the_openssl_commands_it_prints_run(
    home: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certificate", "make", NAME, "--openssl"]) == 0
    text = capsys.readouterr().out
    done = subprocess.run(["bash", "-e", "-c", text], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0


def test_without_a_place_to_put_it_nothing_is_made(
    home: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certificate", "make", NAME]) == 2
    assert "neither --out nor --secret" in capsys.readouterr().err


def test_before_the_first_lab_up_the_remedy_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certificate", "make", NAME, "--out", str(tmp_path)]) == 1
    assert main(["ca", "show"]) == 1
    assert capsys.readouterr().err.count("./lab up") == 2


def test_a_server_is_asked_only_of_a_running_lab(
    home: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certificate", "show", f"https://{NAME}"]) == 1
    assert "./lab up" in capsys.readouterr().err


def test_the_authoritys_path_is_printed_for_scripts(
    home: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ca", "path"]) == 0
    assert capsys.readouterr().out == f"{home.ca_certificate}\n"


def test_the_authority_is_shown(home: Instance, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ca"]) == 0
    assert "authority: may sign others" in capsys.readouterr().out


def test_without_a_terminal_the_trust_store_is_not_changed(
    home: Instance, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsupport.trust.stores._system", lambda _: "debian")
    assert main(["ca", "install"]) == 2
    told = capsys.readouterr()
    assert "install -m 0644" in told.out
    assert "--yes" in told.err


def test_who_says_no_changes_nothing(
    home: Instance, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsupport.trust.stores._system", lambda _: "debian")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert main(["ca", "install"]) == 1
    assert "Nothing was changed." in capsys.readouterr().out


@pytest.mark.usefixtures("up")
def test_a_secret_is_made_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certificate", "make", NAME, "--secret", "kiada"]) == 0
    assert "secret/kiada created" in capsys.readouterr().out
    assert main(["certificate", "verify", "secret/kiada", "--name", NAME]) == 0
    assert "Secret default/kiada" in capsys.readouterr().out


@pytest.mark.usefixtures("up")
def test_a_server_is_asked_for_its_certificate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certificate", "verify", f"https://{NAME}"]) == 1
    told = capsys.readouterr().out
    assert told.startswith(f"server {NAME}, TLSv1.3:")
    assert "other-name" in told
