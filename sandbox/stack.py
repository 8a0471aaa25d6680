"""Everything on one machine without Docker: broker, doubles and the four services, each its own process.

    python -m sandbox.stack up      run until Ctrl-C or SIGTERM
    python -m sandbox.stack demo    ask every kind of question once, print the transcript, stop

The services' settings are taken from the environment, and from the file of `--env-file` where that does not set them;
what is missing of Redis, the model and AWS is started here. AWS is the real one with `USE_REAL_AWS=yes` alone, whatever
else a shell exports. `.local/sandbox.json` says where everything is. `EXECUTORS` and `GATEWAYS`
say how many there are. To put a proxy in between: `SANDBOX_AWS_PORT` and `SANDBOX_REDIS_PORT` fix where the two
listen, `SANDBOX_AWS_URL` and `SANDBOX_REDIS_ADDRESS` (HOST:PORT) are where the services look for them instead.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from sandbox import redis_server
from sandbox.environment import handed_on, has_model, read_env_file, use_real_aws
from sandbox.ports import claim_port, count_of, wanted_port
from sandbox.processes import Process, Supervisor
from sandbox.ready import wait_for, wait_for_redis
from sandbox.session_body import session_body
from sandbox.welcome import first_example
from shared.keys.private_files import write_private

WATCH_SECONDS = 0.3
LISTEN = ("--host", "127.0.0.1", "--port")
WORKER_KEYS = ("signing_key", "signing_key_previous", "private_key", "private_key_previous")
SERVICE_OF = {"info": "info_tools", "advisor": "bedrock_advisor", "executor": "executor"}


class Stack:
    """The local deployment in one directory (`.local`)."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file, self.session_file = directory / "sandbox.json", directory / "session.json"
        self.supervisor = Supervisor(changed=self._write_processes)
        self.facts: dict[str, Any] = {"file": str(self.file), "session_file": str(self.session_file)}
        self._aws_state = directory / "aws.json"
        self._aws_listens, self._model_listens = "", ""
        self._stopping = False
        self._watching = False

    def start(self) -> None:
        """Start everything and return when it is ready. Raises RuntimeError naming what did not start."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)  # an older one may be open to others
        self._lock = (self.directory / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError("it is running already in this directory; stop that one first") from None
        self._forget()  # of a run that was killed
        shutil.rmtree(self.directory / "log", ignore_errors=True)
        port, real_aws = wanted_port("PORT", preferred=8080), use_real_aws(os.environ)
        # All at once, what takes longest first: each gets ready by itself, and finds the others when they are there.
        # What the next one's start needs is imported only then.
        if not real_aws:
            self._start_aws()
        self._start_redis()
        self._start_functions()
        self._start_model()
        self._start_gateways([port, *(claim_port() for _ in range(count_of("GATEWAYS") - 1))])
        self._start_workers()
        self._wait_until_ready(real_aws=real_aws)
        self._write_processes(self.supervisor.pids())

    def _wait_until_ready(self, *, real_aws: bool) -> None:
        if not real_aws:
            wait_for(self.supervisor, "sandbox_bedrock", f"{self.facts['bedrock_endpoint']}/healthz")
            wait_for(self.supervisor, "sandbox_aws", f"{self._aws_listens}/healthz")
        if self._model_listens:
            wait_for(self.supervisor, "sandbox_openai", f"{self._model_listens}/healthz")
        if not real_aws:
            self.facts |= self._aws_keys()
            write_private(self.session_file, session_body(self.facts))
        # What stands in between, where somebody put something there, may answer as it likes.
        recognised = not real_aws and not os.environ.get("SANDBOX_AWS_URL")
        for gateway in self.facts["gateways"]:
            wait_for(self.supervisor, "orchestrator", f"{gateway}/readyz", sandbox=recognised)

    def run(self) -> None:
        """Watch until a signal says stop."""
        self._watching = True
        while not self._stopping:
            self.supervisor.watch_once()
            time.sleep(WATCH_SECONDS)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        first, self._stopping = not self._stopping, True
        if first and not self._watching:
            raise KeyboardInterrupt  # starting, or in the demo: there is no loop that would look

    def stop(self) -> None:
        if self.supervisor.processes:
            self.supervisor.stop()
            self._forget()

    def _forget(self) -> None:
        """Remove the files that hold this run's keys: nobody shall read them as those of a later one."""
        for file in (self.file, self.session_file):
            file.unlink(missing_ok=True)

    def _start_redis(self) -> None:
        """Use the Redis of `REDIS_URL`, everyone with its rights; else start one with a user per service."""
        from shared.keys.deployment import make_keys

        keys = self.directory / "keys"
        self.facts["redis_url"] = os.environ.get("REDIS_URL")
        if self.facts["redis_url"]:
            make_keys(keys)
            wait_for_redis(self.facts["redis_url"])
        else:
            port = wanted_port("SANDBOX_REDIS_PORT")
            make_keys(keys, os.environ.get("SANDBOX_REDIS_ADDRESS") or f"127.0.0.1:{port}")
            data = self.directory / "redis"
            shutil.rmtree(data, ignore_errors=True)
            options = ["--aclfile", str(keys / "redis" / "users.acl")]
            if os.environ.get("REDIS_MAXMEMORY"):
                options += ["--maxmemory", os.environ["REDIS_MAXMEMORY"]]
            self._spawn("redis", redis_server.command(port, data, *options), {})
            self.facts["redis_url"] = (keys / "admin" / "redis_url").read_text()

    def _start_functions(self) -> None:
        """What keeps the product's functions in Redis."""
        self._module("redis_functions", "shared.broker.library", "watch", environment=self._redis_of("functions"))

    def _redis_of(self, user: str) -> dict[str, str]:
        """Where a service finds Redis, as its own user where there are users."""
        if os.environ.get("REDIS_URL"):
            return {"REDIS_URL": os.environ["REDIS_URL"]}
        return {"REDIS_URL_FILE": str(self.directory / "keys" / user / "redis_url")}

    def _start_aws(self) -> None:
        """Start the sandbox's AWS and Bedrock."""
        aws_port, bedrock_port = wanted_port("SANDBOX_AWS_PORT"), claim_port()
        self._aws_state.unlink(missing_ok=True)
        log = ("--log", str(self.directory / "log" / "aws-requests.jsonl"))
        self._module("sandbox_aws", "sandbox.aws", *LISTEN, str(aws_port), "--state", str(self._aws_state), *log)
        self._module("sandbox_bedrock", "sandbox.bedrock_api", *LISTEN, str(bedrock_port))
        self._aws_listens = f"http://127.0.0.1:{aws_port}"
        self.facts["aws_endpoint"] = os.environ.get("SANDBOX_AWS_URL") or self._aws_listens
        self.facts["bedrock_endpoint"] = f"http://127.0.0.1:{bedrock_port}"

    def _aws_keys(self) -> dict[str, Any]:
        """The keys of the users of the sandbox's AWS, once it is ready."""
        facts: dict[str, Any] = json.loads(self._aws_state.read_text())
        return {
            key: facts[key] for key in ("access_key_id", "secret_access_key", "role_arn", "region", "accounts", "admin")
        }

    def _start_model(self) -> None:
        """Use the model of the settings; without any, start the sandbox's."""
        self.facts["openai_base_url"] = os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
        if has_model(os.environ):
            return
        port = claim_port()
        self._module("sandbox_openai", "sandbox.openai_api", *LISTEN, str(port))
        self._model_listens = f"http://127.0.0.1:{port}"
        self.facts["openai_base_url"] = f"{self._model_listens}/v1"

    def _start_workers(self) -> None:
        from shared.keys.deployment import RENEWED
        from shared.messages import AGENTS

        keys = self.directory / "keys"
        for agent in AGENTS:
            files = {f"{name.upper()}_FILE": name for name in WORKER_KEYS}
            files |= {"AUDIT_SIGNING_KEY_FILE": "audit_signing_key"}
            if agent == "executor":
                files |= {"APPROVAL_KEY_FILE": "approval_key", "ADVISOR_SIGNING_KEY_FILE": "advisor_signing_key"}
                files |= {f"PUBLIC_KEY_{other.upper()}_FILE": f"public_key_{other}" for other in RENEWED}
            environment = {name: str(keys / agent / file) for name, file in files.items()} | self._redis_of(agent)
            environment["AUDIT_ANCHOR_FILE"] = str(self.directory / f"audit-anchors-{agent}.jsonl")
            service = SERVICE_OF[agent]
            for _ in range(count_of("EXECUTORS") if agent == "executor" else 1):
                self._module(service, f"services.{service}.worker", environment=environment)

    def _start_gateways(self, ports: list[int]) -> None:
        from shared.messages import AGENTS

        keys = self.directory / "keys"
        self.facts["gateways"] = [f"http://127.0.0.1:{port}" for port in ports]
        self.facts["gateway"] = self.facts["gateways"][0]
        names = [f"{kind}_{agent}" for kind in ("signing_key", "public_key", "audit_public_key") for agent in AGENTS]
        names += ["approval_key", "audit_key", "webhook_secret"]
        environment = {f"{name.upper()}_FILE": str(keys / "gateway" / name) for name in names}
        environment |= self._redis_of("gateway") | {
            "OPENAI_BASE_URL": self.facts["openai_base_url"],
            "AUDIT_ANCHOR_FILE": str(self.directory / "audit-anchors.jsonl"),
            "SANDBOX_SESSION_FILE": str(self.session_file),
        }
        host = ("--host", os.environ.get("HOST", "127.0.0.1"))
        for port in ports:
            arguments = (*host, "--port", str(port))
            self._module("orchestrator", "services.orchestrator.main", *arguments, environment=environment)

    def _module(self, name: str, module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self._spawn(name, [sys.executable, "-m", module, *arguments], environment or {})

    def _spawn(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        log = self.directory / "log" / f"{name}.log"
        process = Process(name, command, self._environment(name) | environment, log)
        self.supervisor.start(process)

    def _environment(self, name: str) -> dict[str, str]:
        """What a process gets: this machine's, without the developer's own AWS and OpenAI settings."""
        kept = handed_on(name, os.environ) | {
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if "aws_endpoint" in self.facts:
            kept["AWS_ENDPOINT_URL"] = self.facts["aws_endpoint"]
            kept["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = self.facts["bedrock_endpoint"]
        return kept

    def _write_processes(self, pids: dict[str, list[int]]) -> None:
        self.facts["processes"] = pids
        write_private(self.file, json.dumps(self.facts, indent=2))


def main(mode: str, directory: Path, env_file: Path | None = None) -> int:
    if env_file:
        os.environ.update(read_env_file(env_file, os.environ))
    if mode == "demo":
        os.environ.pop("USE_REAL_AWS", None)  # it creates and deletes: only ever in the sandbox
    stack = Stack(directory.resolve())
    signal.signal(signal.SIGTERM, stack.on_signal)
    signal.signal(signal.SIGINT, stack.on_signal)
    try:
        stack.start()
        if mode == "demo":
            from sandbox.demo import run

            return run(stack.facts)
        print(first_example(stack.facts), flush=True)
        stack.run()
        return 0
    except KeyboardInterrupt:
        return 130
    except RuntimeError as error:
        print(f"could not start: {error}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        # What an older version or another user left in the directory: not writable, a key that is none.
        print(
            f"could not start in {stack.directory}: {error}; if nothing in there is needed, remove it", file=sys.stderr
        )
        return 1
    finally:
        stack.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m sandbox.stack", description="The whole product on this machine.")
    parser.add_argument("mode", choices=("up", "demo"))
    parser.add_argument("--directory", type=Path, default=Path(".local"), help="where state, keys and logs go")
    parser.add_argument("--env-file", type=Path, help="settings for what the environment does not set, as Compose has")
    options = parser.parse_args()
    sys.exit(main(options.mode, options.directory, options.env_file))
