"""Who can reach the processes of a run: another user of the machine cannot."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from lunar_oxide_plugin.scaleout.cluster import ClusterError, local_cluster, remote_cluster

from .conftest import ENVIRONMENT, ROOT, Cluster, records, run, until

#: What another user tries at each port: to be a client of a scheduler or of a worker, without a
#: certificate or with one of their own, and to read pages. Printed: what came of it.
ATTACK = """
import asyncio, json, os, sys, urllib.request
from distributed import Security
from distributed.core import rpc
import distributed.protocol.pickle as pickle
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
ports = json.loads(sys.argv[1])
code = pickle.dumps(os.getpid)
tls = Security.temporary().get_connection_args("client")

async def attempt(port, protocol, arguments):
    for call in (lambda r: r.identity(), lambda r: r.run(function=code, args=b"", kwargs=b"")):
        async with rpc(f"{protocol}://127.0.0.1:{port}", connection_args=arguments) as remote:
            try:
                answer = await asyncio.wait_for(call(remote), 2)
            except Exception as error:
                continue
            if isinstance(answer, dict) and answer.get("status") != "error":
                print(protocol, port, str(answer)[:200])

async def page(port, name):
    def read():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{name}", timeout=3) as answer:
            return answer.read()
    try:
        content = await asyncio.to_thread(read)
    except Exception:
        return
    print("http", port, name, content[:200])

async def every():
    await asyncio.gather(
        *(attempt(port, "tcp", None) for port in ports),
        *(attempt(port, "tls", tls) for port in ports),
        *(page(port, name) for port in ports for name in ("/status", "/json/identity.json",
          "/info/main/workers.html", "/metrics", "/health")),
    )

asyncio.run(every())
"""


def attacked(ports):
    """What another user got from ports."""
    done = subprocess.run(
        [sys.executable, "-c", ATTACK, json.dumps(sorted(ports))],
        cwd="/",
        env={name: text for name, text in ENVIRONMENT.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def processes_of(group):
    """Numbers of the processes in a group."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            # pid (name) state parent group; a name may hold spaces
            if int((path / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                found.append(int(path.name))
    return found


def listening(processes):
    """Ports on which some processes wait for connections, and whether all on 127.0.0.1."""
    sockets = set()
    for process in processes:
        for descriptor in Path(f"/proc/{process}/fd").glob("*"):
            with suppress(FileNotFoundError):
                sockets.add(str(descriptor.readlink()))
    ports = {}
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and f"socket:[{inode}]" in sockets:
                address, port = local.split(":")
                ports[int(port, 16)] = address
    return ports


def test_the_attack_succeeds_where_nothing_is_encrypted(cluster):
    """Else the test below would prove nothing."""
    cluster.worker()
    processes = [process.pid for process in cluster.processes]
    with remote_cluster(None, str(cluster.file), 30) as client:
        (worker,) = client.scheduler_info()["workers"]
        got = attacked(listening(processes))
    workers = [line for line in got if line.startswith(f"tcp {worker.rsplit(':')[-1]} ")]
    assert any("'result'" in line for line in workers), got


def test_another_user_reaches_nothing(scene, tmp_path, start):
    """Neither ports nor files nor what is listed of processes."""
    folder, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    environment = {"TMPDIR": str(temporary)}
    command = start(
        *(scene.folder, "--output", folder, "--window", 3, "--workers", 1), environment=environment
    )
    until(lambda: records(folder))
    processes = processes_of(command.process.pid)
    ports = listening(processes)
    assert len(ports) > 2
    assert set(ports.values()) == {"0100007F"}  # 127.0.0.1
    got = attacked(ports)
    assert command.process.poll() is None  # it was under way all the time
    assert got == []
    assert "Dashboard" not in command.said
    for process in processes:
        for name in ("cmdline", "environ"):
            assert b"PRIVATE" not in Path(f"/proc/{process}/{name}").read_bytes()
    assert [path.stat().st_mode & 0o777 for path in temporary.iterdir()] == [0o700]
    assert list(temporary.rglob("worker-*"))
    for file in temporary.rglob("*"):
        assert not file.is_file() or b"PRIVATE" not in file.read_bytes()
    command.process.terminate()
    command.finish(130)
    assert not list(temporary.iterdir())


@pytest.fixture
def certificates(tmp_path):
    """Dask's configuration of a cluster with TLS, as environment variables."""
    from distributed import Security

    made = Security.temporary()
    folder = tmp_path / "certificates"
    folder.mkdir(mode=0o700)
    (folder / "cert.pem").write_text(made.tls_ca_file)
    (folder / "key.pem").write_text(made.tls_client_key)
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    settings = {f"{tls}CA_FILE": "cert.pem", "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}
    for role in ("CLIENT", "SCHEDULER", "WORKER"):
        settings[f"{tls}{role}__CERT"] = "cert.pem"
        settings[f"{tls}{role}__KEY"] = "key.pem"
    return {
        name: str(folder / text) if text.endswith(".pem") else text
        for name, text in settings.items()
    }


def test_a_cluster_with_tls_by_dasks_configuration(scene, tmp_path, certificates):
    folder = tmp_path / "cluster"
    folder.mkdir()
    cluster = Cluster(folder, {**ENVIRONMENT, **certificates}, "--protocol", "tls")
    try:
        cluster.worker()
        address = json.loads(cluster.file.read_text())["address"]
        assert address.startswith("tls://127.0.0.1:")
        arguments = scene.folder, "--output", tmp_path / "out", "--window", 64
        said = run(*arguments, "--scheduler", address, "--wait", 10, code=1)
        assert "certificates in Dask's configuration" in said
        assert "Traceback" not in said
        said = run(*arguments, "--scheduler", address, environment=certificates)
        assert "not encrypted" not in said
        assert len(records(tmp_path / "out")) == 6
    finally:
        cluster.close()


def test_a_cluster_without_tls_is_said_to_be_open(scene, tmp_path, cluster):
    cluster.worker()
    arguments = scene.folder, "--output", tmp_path / "out", "--window", 100
    assert "not encrypted" in run(*arguments, "--scheduler-file", cluster.file)


def test_certificates_need_a_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(ClusterError, match="need the Python package cryptography"):
        local_cluster(1).__enter__()


def test_the_recipe_for_slurm(scene, tmp_path):
    """The script of docs/scaleout.md as it stands, with another network and an srun of one node."""
    page = (ROOT / "docs" / "scaleout.md").read_text(encoding="utf-8")
    script = page.partition("## Slurm")[2].partition("```bash\n")[2].partition("```")[0]
    for old, new in (
        ("ib0", "lo"),
        ("/shared/plugin", str(ROOT)),
        ("/shared/sln-l-mi-5-map-v3.0", str(scene.folder)),
        ("/shared/moon", f"{tmp_path / 'out'} --window 64"),
        ("env/bin/", f"{Path(sys.executable).parent}/"),
    ):
        assert old in script
        script = script.replace(old, new)
    (tmp_path / "bin").mkdir()
    srun = tmp_path / "bin" / "srun"
    srun.write_text('#!/bin/bash\nshift\nexec "$@"\n')
    srun.chmod(0o755)
    environment = {
        **{name: text for name, text in ENVIRONMENT.items() if not name.startswith("DASK_")},
        "PATH": f"{tmp_path / 'bin'}:{ENVIRONMENT['PATH']}",
        "SLURM_SUBMIT_DIR": str(tmp_path),
        "SLURM_JOB_ID": "7",
        "TMPDIR": str(tmp_path),
    }
    # In a group of its own: as at the end of a job, what it leaves running is killed.
    with subprocess.Popen(
        ["bash", "-c", script], env=environment, stderr=subprocess.PIPE, start_new_session=True
    ) as job:
        try:
            address = until(lambda: _address(tmp_path / "scheduler-7.json"))
            assert address.startswith("tls://127.0.0.1:")
            until(lambda: records(tmp_path / "out"))
            assert job.wait(60) == 0
        finally:
            with suppress(ProcessLookupError):
                os.killpg(job.pid, signal.SIGKILL)
        said = job.stderr.read().decode()
    assert "not encrypted" not in said
    assert "6/6 windows, 100.0 %" in said
    assert not list(tmp_path.glob("tls-*"))


def _address(file):
    """In a scheduler's file, when that is there and whole."""
    with suppress(FileNotFoundError, ValueError):
        return json.loads(file.read_text())["address"]
    return ""
