"""Reading a context out of the user's own kubeconfig files, which are never written."""

import base64
import json
import stat
import sys
import time
from pathlib import Path

import pytest
import yaml

from labsupport.base.errors import UsageError
from labsupport.base.paths import Instance
from labsupport.base.types import Json
from labsupport.kube.kubeconfig import access_by, context_in, contexts_in, default_paths

SERVER = "https://192.0.2.1:6443"


def config(user: Json, cluster: Json | None = None, *, name: str = "class") -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": SERVER, **(cluster or {})}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u", "namespace": "me"}}],
        "current-context": name,
    }


def written(path: Path, value: Json) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(value))
    return path


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path / "home").make()


def test_a_token_is_taken_as_it_is(tmp_path: Path, instance: Instance) -> None:
    context = context_in([written(tmp_path / "config", config({"token": "t"}))], "class")
    access = access_by(context, instance)
    assert (access.server, access.headers()) == (SERVER, {"Authorization": "Bearer t"})
    assert context.namespace == "me"


def test_files_are_found_beside_the_kubeconfig_and_copied_privately(
    tmp_path: Path, instance: Instance
) -> None:
    folder = tmp_path / "elsewhere"
    user = {"client-certificate": "me.crt", "client-key": "keys/me.key"}
    path = written(folder / "config", config(user, {"certificate-authority": "ca.crt"}))
    (folder / "keys").mkdir()
    for name in ("me.crt", "keys/me.key", "ca.crt"):
        (folder / name).write_text(name)
    access = access_by(context_in([path], "class"), instance)
    assert access.certificate is not None
    assert access.certificate.key.read_text() == "keys/me.key"
    assert stat.S_IMODE(access.certificate.key.stat().st_mode) == 0o600
    assert access.ca_file is not None
    assert access.ca_file.read_text() == "ca.crt"
    assert access.headers() == {}


def test_the_copy_knows_the_same_files_wherever_the_kubeconfig_was_named_from(
    tmp_path: Path, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "mine" / "config", config({"tokenFile": "token"}))
    (tmp_path / "mine" / "token").write_text("t\n")
    monkeypatch.chdir(tmp_path)
    text = context_in([Path("mine/config")], "class").text("learner7")
    copy = written(tmp_path / "own" / "config", yaml.safe_load(text))
    access = access_by(context_in([copy], "ingress-lab"), instance)
    assert access.headers() == {"Authorization": "Bearer t"}


def test_a_token_that_is_gone_is_said(tmp_path: Path, instance: Instance) -> None:
    path = written(tmp_path / "config", config({"tokenFile": "token"}))
    access = access_by(context_in([path], "class"), instance)
    with pytest.raises(UsageError) as caught:
        access.headers()
    assert caught.value.remedy.endswith(f"ls -l {tmp_path / 'token'}")


def test_the_lab_keeps_a_copy_of_that_context_alone(tmp_path: Path, instance: Instance) -> None:
    both = config({"token": "t"})
    both["users"].append({"name": "other", "user": {"token": "secret of others"}})
    text = context_in([written(tmp_path / "config", both)], "class").text("learner7")
    assert "secret of others" not in text
    again = context_in([written(tmp_path / "own", yaml.safe_load(text))], "ingress-lab")
    assert (again.namespace, again.server) == ("learner7", SERVER)


def test_of_several_files_the_first_that_has_the_entry_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path / "1", config({"token": "one"}))
    second = written(tmp_path / "2", config({"token": "two"}, name="only here"))
    monkeypatch.setenv("KUBECONFIG", f"{first}:{tmp_path / 'missing'}:{second}")
    assert contexts_in(default_paths()) == ["class", "only here"]
    assert context_in(default_paths(), "only here").user == {"token": "one"}


def test_reading_leaves_the_file_as_it_was(tmp_path: Path, instance: Instance) -> None:
    path = written(tmp_path / "config", config({"token": "t"}))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    access_by(context_in([path], "class"), instance)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


class TestPlugins:
    def plugin(self, folder: Path, status: Json, *, code: int = 0) -> Json:
        """An exec plugin that counts its calls in `calls`."""
        answer = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": status,
        }
        program = folder / "plugin.py"
        program.write_text(
            "import pathlib, sys\n"
            f"calls = pathlib.Path({str(folder / 'calls')!r})\n"
            "calls.write_text((calls.read_text() if calls.exists() else '') + 'x')\n"
            f"print({json.dumps(answer)!r})\n"
            f"print('log in first', file=sys.stderr); sys.exit({code})\n"
        )
        return {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": sys.executable,
                "args": [str(program)],
                "interactiveMode": "Never",
            }
        }

    def test_a_token_is_used_to_its_end(self, tmp_path: Path, instance: Instance) -> None:
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
        user = self.plugin(tmp_path, {"token": "t", "expirationTimestamp": ends})
        access = access_by(context_in([written(tmp_path / "c", config(user))], "class"), instance)
        assert access.headers() == access.headers() == {"Authorization": "Bearer t"}
        assert (tmp_path / "calls").read_text() == "x"

    def test_one_that_has_ended_is_asked_for_anew(self, tmp_path: Path, instance: Instance) -> None:
        user = self.plugin(tmp_path, {"token": "t", "expirationTimestamp": "2026-01-01T00:00:00Z"})
        access = access_by(context_in([written(tmp_path / "c", config(user))], "class"), instance)
        access.headers()
        access.headers()
        assert (tmp_path / "calls").read_text() == "xx"

    def test_a_plugin_that_fails_says_how_to_log_in(
        self, tmp_path: Path, instance: Instance
    ) -> None:
        user = self.plugin(tmp_path, {}, code=1)
        access = access_by(context_in([written(tmp_path / "c", config(user))], "class"), instance)
        with pytest.raises(UsageError) as caught:
            access.headers()
        assert "log in first" in caught.value.found
        assert "kubectl --context class" in caught.value.remedy


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda c: c["contexts"].clear(), "contexts: none"),
        (lambda c: c["users"].clear(), "users: none"),
        (lambda c: c["clusters"][0]["cluster"].update(server=""), "''"),
        (lambda c: c["clusters"][0]["cluster"].update(server="http://a"), "'http://a'"),
        (lambda c: c.update(contexts=["class", 7]), "contexts: none"),
        (lambda c: c.update(contexts=7), "contexts: none"),
        (lambda c: c["users"][0]["user"].update({"client-key": "gone.key"}), "gone.key"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, change: object, found: str) -> None:
    broken = config({"token": "t"})
    assert callable(change)
    change(broken)
    with pytest.raises(UsageError) as caught:
        context_in([written(tmp_path / "config", broken)], "class")
    assert found in caught.value.found


@pytest.mark.parametrize(
    ("user", "cluster", "words"),
    [
        ({}, {}, "no way to say who"),
        ({"auth-provider": {"name": "gcp"}}, {}, "auth-provider"),
        ({"token": "t"}, {"insecure-skip-tls-verify": True}, "insecure-skip-tls-verify"),
        ({"token": "t"}, {"certificate-authority-data": "no base64!"}, "not base64"),
    ],
)
def test_what_can_not_be_used_is_said(
    tmp_path: Path, instance: Instance, user: Json, cluster: Json, words: str
) -> None:
    context = context_in([written(tmp_path / "config", config(user, cluster))], "class")
    with pytest.raises(UsageError) as caught:
        access_by(context, instance)
    assert words in f"{caught.value.what} {caught.value.found}"


@pytest.mark.parametrize("text", ["a: b: c", "[1, 2]", "kind: Pod"])
def test_what_is_no_kubeconfig_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(UsageError, match="is no kubeconfig"):
        context_in([path], "class")


def test_without_a_file_it_is_said_where_one_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        context_in([tmp_path / "none"], "class")
    assert str(tmp_path / "none") in caught.value.found


def test_a_certificate_authority_in_the_file_is_used(tmp_path: Path, instance: Instance) -> None:
    data = base64.b64encode(b"the authority").decode()
    path = written(tmp_path / "c", config({"token": "t"}, {"certificate-authority-data": data}))
    access = access_by(context_in([path], "class"), instance)
    assert access.ca_file is not None
    assert access.ca_file.read_bytes() == b"the authority"
