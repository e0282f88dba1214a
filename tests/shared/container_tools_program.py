"""The program that stands in for docker, podman, nerdctl, kind and cloud-provider-kind.

By its own name it knows which. It is copied into a folder and run from there; standard library
only. What a call answers is that of the real programs where they were recorded: docker CLI 28.2.2
and kind v0.33.0; the rest follows their sources.
"""

import fcntl
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HOME = Path(os.environ["INGRESS_LAB_STAND_INS"])
NAME, WORDS = Path(sys.argv[0]).name, sys.argv[1:]
CLUSTER, ROLE = "io.x-k8s.kind.cluster", "io.x-k8s.kind.role"
INFO: dict[str, dict[str, Any]] = {
    "docker": {"ServerVersion": "28.2.2", "OperatingSystem": "Debian", "Architecture": "x86_64"},
    "nerdctl": {"ServerVersion": "v2.1.3", "OperatingSystem": "Debian"},
    "podman": {
        "host": {"cgroupVersion": "v2", "serviceIsRemote": False},
        "version": {"Version": "5.4.2"},
    },
}
# kind v0.33.0's words; from pkg/internal/cli/status.go and the actions' titles.
STEPS = (
    "Ensuring node image (kindest/node:v1.37.0) 🖼️",
    "Preparing nodes 📦 📦 📦 ",
    "Writing configuration 📜",
    "Starting control-plane 🕹️",
    "Installing CNI 🔌",
    "Installing StorageClass 💾",
    "Joining worker nodes 🚜",
    "Waiting ≤ 5m0s for control-plane = Ready ⏳",
)


def main() -> int:
    with (HOME / "calls.log").open("a") as log:
        told = os.environ.get("KIND_EXPERIMENTAL_PROVIDER", "")
        log.write(f"{NAME} {' '.join(WORDS)}{f' [{told}]' if told else ''}\n")
    for answer in read("answers.json", []):
        if answer["program"] == NAME and WORDS[: len(answer["words"])] == answer["words"]:
            return said(answer)
    if NAME == "kind":
        return kind()
    if NAME == "cloud-provider-kind":
        time.sleep(600)
        return 0
    return tool()


def found(pattern: str, text: str) -> re.Match[str]:
    match = re.search(pattern, text, re.MULTILINE)
    assert match, f"no {pattern} in {text}"
    return match


def said(answer: dict[str, Any]) -> int:
    sys.stderr.write(answer["err"])
    sys.stderr.flush()
    sys.stdout.write(answer["out"])
    sys.stdout.flush()
    time.sleep(answer["sleep"])
    return int(answer["code"])


def read(name: str, default: Any) -> Any:
    try:
        return json.loads((HOME / name).read_text())
    except FileNotFoundError:
        return default


class Containers:
    """The list of containers, for reading and changing by one program at a time."""

    def __enter__(self) -> list[dict[str, Any]]:
        self.lock = (HOME / "containers.lock").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.found: list[dict[str, Any]] = read("containers.json", [])
        found: list[dict[str, Any]] = self.found
        return found

    def __exit__(self, *exception: object) -> None:
        (HOME / "containers.json").write_text(json.dumps(self.found))
        self.lock.close()


def tool() -> int:
    command = WORDS[0]
    if command == "-v":
        shown = {"docker": "Docker version 28.2.2, build e6534b4", "podman": "podman version 5.4.2"}
        print(shown.get(NAME, "nerdctl version 2.1.3"))
        return 0
    code: int = globals()[f"tool_{command}"](WORDS[1:])
    return code


def tool_info(words: list[str]) -> int:
    about = {
        "CgroupVersion": "2",
        "MemoryLimit": True,
        "PidsLimit": True,
        "CPUShares": True,
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }
    print(json.dumps({**about, **INFO[NAME]}))
    return 0


def tool_ps(words: list[str]) -> int:
    with Containers() as there:
        shown = [each for each in there if "-a" in words or each["State"] == "running"]
    for word, value in itertools.pairwise(words):
        if word == "--filter" and value.startswith("label="):
            key, _, wanted = value.removeprefix("label=").partition("=")
            shown = [each for each in shown if key in each["Labels"]]
            shown = [each for each in shown if not wanted or each["Labels"][key] == wanted]
        elif word == "--filter" and value.startswith("id="):
            shown = [each for each in shown if each["Id"].startswith(value.removeprefix("id="))]
    form = words[words.index("--format") + 1] if "--format" in words else "{{.ID}}"
    for each in shown:
        print(formatted(form, each))
    return 0


def formatted(form: str, each: dict[str, Any]) -> str:
    for key, value in (("ID", each["Id"]), ("Names", each["Name"]), ("Image", each["Image"])):
        form = form.replace("{{." + key + "}}", value)
    return re.sub(r'{{\.Label "(.*?)"}}', lambda label: each["Labels"].get(label[1], ""), form)


def named(words: list[str]) -> list[str]:
    """The words that name containers: no options, and no value of one."""
    return [w for i, w in enumerate(words) if not w.startswith("-") and words[i - 1] != "-t"]


def tool_inspect(words: list[str]) -> int:
    if words[0] == "--type=image":
        return 0
    with Containers() as there:
        shown = [each for each in there if {each["Id"], each["Name"]} & set(words)]
    if not shown:
        print("[]")
        sys.stderr.write(f"Error: No such object: {words[-1]}\n")
        return 1
    if form := next((each for each in words if "{{" in each), ""):
        if "GlobalIPv6Address" in form:
            print("172.18.0.2,")
        elif "desktop.docker.io" in form:
            print()
        else:
            print(served() if "HostPort" in form else shown[0]["Labels"].get(ROLE, ""))
        return 0
    about = [
        {
            "Id": each["Id"],
            "Name": f"/{each['Name']}",
            "State": {"Status": each["State"]},
            "Config": {"Labels": each["Labels"]},
            "NetworkSettings": {"Networks": {"kind": {"IPAddress": f"172.18.0.{number + 2}"}}},
        }
        for number, each in enumerate(shown)
    ]
    print(json.dumps(about))
    return 0


def served() -> str:
    """The address and port at which the API server is published."""
    place = found(r"https://([\d.]+):(\d+)", (HOME / "kubeconfig").read_text())
    return f"{place[1]}\t{place[2]}"


def changed(words: list[str], state: str) -> int:
    with Containers() as there:
        for each in there:
            if {each["Id"], each["Name"]} & set(named(words)):
                each["State"] = state
    print("\n".join(named(words)))
    return 0


def tool_start(words: list[str]) -> int:
    return changed(words, "running")


def tool_stop(words: list[str]) -> int:
    return changed(words, "exited")


def tool_rm(words: list[str]) -> int:
    with Containers() as there:
        there[:] = [each for each in there if not {each["Id"], each["Name"]} & set(words)]
    return 0


def tool_run(words: list[str]) -> int:
    value = dict(itertools.pairwise(words))
    pairs = [w.split("=", 1) for o, w in itertools.pairwise(words) if o == "--label"]
    image = next((w for w in words if re.search(r"^[\w.-]+/.*:|^kindest/node", w)), words[-1])
    new = made(value.get("--name", "nameless"), image, dict(pairs))
    print(new["Id"])
    return 0


def made(name: str, image: str, labels: dict[str, str]) -> dict[str, Any]:
    with Containers() as there:
        number = len(read("made.json", [])) + 1
        (HOME / "made.json").write_text(json.dumps([*read("made.json", []), name]))
        new = {"Id": f"{number:064x}", "Name": name, "Image": image, "State": "running"}
        there.append({**new, "Labels": labels})
    return new


def tool_context(words: list[str]) -> int:
    print("unix:///var/run/docker.sock")  # recorded: docker CLI 28.2.2
    return 0


def tool_pull(words: list[str]) -> int:
    return brought(words)


def tool_tag(words: list[str]) -> int:
    return brought(words[1:])


def brought(names: list[str]) -> int:
    """The machine has these images from now on."""
    there = {*read("images.json", []), *map(familiar, names)}
    (HOME / "images.json").write_text(json.dumps(sorted(there)))
    return 0


def familiar(name: str) -> str:
    """`caddy:2` for `docker.io/library/caddy:2`, as Docker shortens names."""
    return name.removeprefix("docker.io/").removeprefix("library/")


def tool_image(words: list[str]) -> int:
    """`image inspect NAME...`: which images are there."""
    names = [familiar(each) for each in words[1:]]
    there = read("images.json", [])
    missing = [each for each in names if each not in there]
    print(json.dumps([{"RepoTags": [each]} for each in names if each in there]))
    for each in missing:
        sys.stderr.write(f"Error response from daemon: No such image: {each}\n")
    return bool(missing)


def tool_save(words: list[str]) -> int:
    """`save -o FILE NAME...`: the names stand for the images."""
    names = words[words.index("-o") + 2 :]
    Path(words[words.index("-o") + 1]).write_text(json.dumps(names))
    time.sleep(read("slow.json", {}).get("save", 0))
    return 0


def tool_load(words: list[str]) -> int:
    """`load -i FILE`"""
    names = json.loads(Path(words[words.index("-i") + 1]).read_text())
    brought(names)
    print("\n".join(f"Loaded image: {each}" for each in names))
    return 0


def tool_network(words: list[str]) -> int:
    """`ls` finds the network of the name asked for; what else is done to it works."""
    if words[0] == "ls":
        print("a1b2c3d4" if "{{.ID}}" in " ".join(words) else "kind")
    return 0


def tool_logs(words: list[str]) -> int:
    """What systemd in a node says at its start; kind waits for it."""
    print("[  OK  ] Reached target multi-user.target - Multi-User System.", flush=True)
    return 0


def tool_exec(words: list[str]) -> int:
    """`exec -i NODE bash -c ...` is really run, here; of what kind runs in its nodes, some have an
    answer, and the rest just works."""
    if "bash" in words and words[0] == "-i":
        return subprocess.run(words[2:], check=False).returncode
    if sys.stdin and not sys.stdin.isatty() and "-i" in words:
        sys.stdin.buffer.read()
    command = " ".join(words)
    if "/kind/version" in command:
        print("v1.37.0")
    elif "admin.conf" in command and "cat" in words:
        print(kubeconfig(found(r"(\S+)-control-plane", command)[1]))
    elif "get nodes" in command:
        print("'True'")
    return 0


def kind() -> int:
    if WORDS == ["version"]:
        print("kind v0.33.0 go1.26.8 linux/amd64")  # recorded
        return 0
    value = dict(itertools.pairwise(WORDS))
    name = value.get("--name", "")
    if WORDS[:2] == ["create", "cluster"]:
        return created(value)
    if WORDS[:2] == ["delete", "cluster"]:
        sys.stderr.write(f'Deleting cluster "{name}" ...\n')
        with Containers() as there:
            there[:] = [each for each in there if each["Labels"].get(CLUSTER) != name]
        return 0
    if WORDS[:2] == ["get", "kubeconfig"]:
        with Containers() as there:
            known = any(each["Labels"].get(CLUSTER) == name for each in there)
        if not known:
            # kind's words: pkg/cluster/internal/kubeconfig
            sys.stderr.write(
                f'ERROR: could not locate any control plane nodes for cluster "{name}"\n'
            )
            return 1
        print(kubeconfig(name))
        return 0
    return 0


def kubeconfig(name: str) -> str:
    """The one that is served, its context called as kind calls it."""
    return (HOME / "kubeconfig").read_text().replace("ingress-lab", f"kind-{name}")


def created(value: dict[str, str]) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    config = Path(value["--config"]).read_text()
    name = found(r"^name: (\S+)$", config)[1]
    image = re.search(r"image: (\S+)", config)
    roles = re.findall(r"role: (\S+)", config)
    sys.stderr.write(f'Creating cluster "{name}" ...\n')
    slow = read("slow.json", {})
    for step in STEPS:
        print(f" • {step}  ...", file=sys.stderr, flush=True)
        if step.startswith("Preparing"):
            for number, role in enumerate(roles):
                labels = {CLUSTER: name, ROLE: role}
                suffix = str(number) if roles[:number].count(role) else ""
                made(f"{name}-{role}{suffix}", image[1] if image else "kindest/node", labels)
        time.sleep(slow.get(step.split()[0], 0))
        print(f" ✓ {step}", file=sys.stderr, flush=True)
    Path(value["--kubeconfig"]).write_text(kubeconfig(name))
    sys.stderr.write(f'Set kubectl context to "kind-{name}"\n')
    return 0


sys.exit(main())
