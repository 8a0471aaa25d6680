"""The compose file while it is stopped, started, scaled and replaced: what stays, and what the people asking notice."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.e2e.client import PLAN_ENDS, User
from tests.e2e.composed import DOCKER, Compose

pytestmark = DOCKER

ASKING = 3


@pytest.fixture(scope="module")
def user(compose: Compose) -> User:
    return User(compose.facts())


def make_bucket(user: User) -> str:
    name = f"kept-{uuid.uuid4().hex[:8]}"
    step = {"operation": "create_s3_bucket", "arguments": {"bucket_name": name, "region": "eu-west-1"}}
    assert user.carry_out(user.propose(step))["status"] == "done"
    return name


def buckets(user: User) -> list[str]:
    """As the assistant sees them, with its session's credentials."""
    step = user.ok(user.http.post("/v1/tools/list_s3_buckets", json={}))
    assert step["status"] == "ok", step
    return [bucket["bucket_name"] for bucket in step["result"]["buckets"]]


def test_only_what_changed_is_made_anew(compose: Compose) -> None:
    before = compose.all_containers()
    compose.run("build")
    compose.up()
    assert compose.all_containers() == before
    compose.scale["info_tools"] = 4
    compose.up()
    more = compose.all_containers()
    assert more.keys() > before.keys()
    assert {name.rsplit("-", 2)[-2] for key, name in more.items() if key not in before} == {"info_tools"}
    compose.scale["info_tools"] = 3
    compose.up()
    assert compose.all_containers() == before


def test_a_session_and_the_account_survive_stop_start_restart_and_kill(compose: Compose, user: User) -> None:
    made = make_bucket(user)
    for ways in ((["stop"], ["start"]), (["restart", "sandbox-aws"],), (["kill", "sandbox-aws"], ["start"])):
        for way in ways:
            compose.run(*way)
        # The gateway is ready without AWS: its simulation takes a few seconds longer.
        compose.wait_until_healthy(*compose.containers("sandbox-aws"))
        compose.wait_until_ready()
        assert made in buckets(user), ways
    assert user.ok(user.http.get("/v1/audit/verify"))["valid"] is True


@dataclass
class Answers:
    """What those who ask all the time were told: when, with which status, and what came with a refusal."""

    statuses: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)


@contextmanager
def questions(user: User) -> Iterator[Answers]:
    """Ask from several clients until the block ends."""
    answers, stop = Answers(), threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=user.http.base_url, headers=user.http.headers, timeout=150, trust_env=False) as http:
            while not stop.is_set():
                answer = http.post("/v1/chat", json={"message": "How big is each bucket?"})
                answers.statuses.append(answer.status_code)
                if not answer.is_success:
                    answers.refused.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
                elif any(step["status"] != "ok" for step in answer.json()["steps"]):
                    answers.incomplete.append(answer.text)

    with ThreadPoolExecutor(ASKING) as pool:
        running = [pool.submit(ask) for _ in range(ASKING)]
        try:
            yield answers
        finally:
            stop.set()
        for one in running:
            one.result()


def test_scaling_the_workers_fails_no_question(compose: Compose, user: User) -> None:
    with questions(user) as answers:
        for count in (1, 3):
            compose.scale["info_tools"] = count
            compose.up()
            time.sleep(2)
    assert (answers.refused, answers.incomplete) == ([], [])
    assert len(answers.statuses) >= ASKING


def test_the_gateways_are_replaced_one_after_the_other_and_no_question_fails(compose: Compose, user: User) -> None:
    old = compose.containers("orchestrator")
    with questions(user) as answers:
        compose.scale["orchestrator"] = 4
        compose.up("--no-recreate")
        compose.wait_until_healthy(*compose.containers("orchestrator"))
        for container in old:
            subprocess.run(["docker", "stop", container], check=True, capture_output=True)
            subprocess.run(["docker", "rm", container], check=True, capture_output=True)
        compose.scale["orchestrator"] = 2
        compose.up("--no-recreate")
        time.sleep(2)
    assert set(old) & set(compose.containers("orchestrator")) == set()
    # A gateway that is stopped finishes what takes no longer than ten seconds; a busy machine may need more.
    assert [refusal for refusal in answers.refused if "gateway_stopping" not in refusal] == []
    assert answers.incomplete == []
    assert len(answers.statuses) >= ASKING


def test_while_the_only_gateway_is_restarted_people_are_told_when_to_ask_again(compose: Compose, user: User) -> None:
    compose.scale["orchestrator"] = 1
    compose.up()
    compose.wait_until_ready()
    with questions(user) as answers:
        compose.run("restart", "orchestrator")
        compose.wait_until_ready()
        compose.run("restart", "sandbox-aws")
        compose.wait_until_ready()
    compose.scale["orchestrator"] = 2
    compose.up()
    assert 200 in answers.statuses
    for refusal in answers.refused:
        assert refusal.startswith("503 "), refusal
        assert "'retry-after'" in refusal
        assert "application/problem+json" in refusal


def certificate_of(compose: Compose) -> str:
    return ssl.get_server_certificate(("127.0.0.1", compose.tls))


def over_tls(compose: Compose, user: User) -> httpx.Client:
    """A client that takes the certificate that is there now, for its name, and no other."""
    context = ssl.create_default_context(cadata=certificate_of(compose))
    return httpx.Client(
        base_url=f"https://localhost:{compose.tls}",
        headers=user.http.headers,
        verify=context,
        timeout=150,
        trust_env=False,
    )


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, str, float]]:
    """Id, data and time of arrival of each event of a stream."""
    number, data = "", ""
    for line in lines:
        key, _, value = line.partition(":")
        if key == "id":
            number = value.strip()
        elif key == "data":
            data = value.strip()
        elif not line and number:
            yield number, data, time.monotonic()
            number = ""


def test_a_stream_is_resumed_at_another_gateway_over_tls_and_a_plan_is_approved(compose: Compose, user: User) -> None:
    """One gateway after the other is killed while somebody waits for events: one of them is the one that streams."""
    gateways = compose.containers("orchestrator")
    compose.wait_until_healthy(*gateways)
    killing = threading.Thread(target=kill_each, args=(compose, gateways))
    seen: list[str] = []
    with over_tls(compose, user) as http:
        message = "Create a role with S3 full access and attach it to a Lambda function"
        waiting = user.ok(http.post("/v1/chat", json={"message": message}))
        path, plan = f"/v1/turns/{waiting['turn_id']}/events", waiting["plan"]
        with suppress(httpx.TransportError), http.stream("GET", path) as stream:
            for number, data, _ in events_of(stream.iter_lines()):
                seen.append(number)
                if '"waiting_for_approval"' in data and not killing.ident:
                    killing.start()
        killing.join()
        body = {"digest": plan["digest"], "acknowledged": plan["acknowledge"]}
        answer = http.post(f"/v1/plans/{plan['plan_id']}/approve", json=body)
        assert answer.status_code == 202, answer.text
        with http.stream("GET", path, headers={"Last-Event-ID": seen[-1]}) as stream:
            seen += [number for number, _, _ in events_of(stream.iter_lines())]
    assert seen == sorted(set(seen), key=lambda one: tuple(map(int, one.split("-"))))
    assert user.wait(f"/v1/plans/{plan['plan_id']}", PLAN_ENDS, 90)["status"] == "done"


def kill_each(compose: Compose, gateways: list[str]) -> None:
    for gateway in gateways:
        subprocess.run(["docker", "kill", gateway], check=True, capture_output=True)
        subprocess.run(["docker", "start", gateway], check=True, capture_output=True)
        compose.wait_until_healthy(gateway)


def test_events_arrive_as_they_happen_and_not_all_at_the_end(compose: Compose, user: User) -> None:
    compose.wait_until_healthy(*compose.containers("orchestrator"))
    asked = {"message": "Summarize my AWS usage"}
    with (
        over_tls(compose, user) as http,
        http.stream("POST", "/v1/chat", json=asked, headers={"Accept": "text/event-stream"}) as stream,
    ):
        assert stream.status_code == 200
        times = [moment for _, _, moment in events_of(stream.iter_lines())]
    assert times[-1] - times[0] > 0.2


def test_the_certificate_that_was_made_is_kept_and_ones_own_takes_its_place(
    compose: Compose, user: User, tmp_path: Path
) -> None:
    made = certificate_of(compose)
    compose.run("restart", "tls")
    wait_for_tls(compose)
    assert certificate_of(compose) == made
    with over_tls(compose, user) as http:
        assert "strict-transport-security" not in http.get("/healthz").headers
    names = ("-subj", "/CN=own", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, *files], check=True, capture_output=True
    )
    owner = str((tmp_path / "privkey.pem").stat().st_uid)
    compose.environment |= {"TLS_CERTIFICATE_DIRECTORY": str(tmp_path), "TLS_USER": owner}
    before = compose.all_containers()
    try:
        compose.up()
        wait_for_tls(compose)
        assert ssl.PEM_cert_to_DER_cert(certificate_of(compose)) == ssl.PEM_cert_to_DER_cert(
            (tmp_path / "fullchain.pem").read_text()
        )
        assert {before[key].rsplit("-", 2)[-2] for key in before.keys() - compose.all_containers().keys()} == {"tls"}
        with over_tls(compose, user) as http:
            answer = http.get("/healthz")
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
            assert answer.http_version == "HTTP/1.1"
    finally:
        compose.environment |= {"TLS_CERTIFICATE_DIRECTORY": "", "TLS_USER": ""}


def wait_for_tls(compose: Compose) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"https://127.0.0.1:{compose.tls}/healthz", verify=False, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, compose.run("logs", "--tail", "40", "tls")
        time.sleep(0.3)


def test_sessions_are_counted_by_the_clients_address_which_it_cannot_choose(compose: Compose, user: User) -> None:
    body = {key: user.facts[key] for key in ("access_key_id", "secret_access_key", "role_arn", "region")}
    wrong = body | {"secret_access_key": "x" * 40}
    if time.time() % 60 > 45:
        time.sleep(61 - time.time() % 60)  # they are counted by the minute
    counted = []
    for number, http in enumerate([user.http, user.http, over_tls(compose, user)]):
        said = {"X-Forwarded-For": f"203.0.113.{number}"}
        answer = http.post("/v1/sessions", json=wrong, headers=said)
        counted.append(int(answer.headers["ratelimit-remaining"]))
    # One address, through either proxy: neither what the client wrote nor the proxy's own.
    assert counted == [counted[0], counted[0] - 1, counted[0] - 2]
    # A container beside the proxies says the same, and is not believed.
    script = (
        "import json, sys, urllib.request, urllib.error\n"
        "for number in (1, 2):\n"
        "    headers = {'Content-Type': 'application/json', 'X-Forwarded-For': f'203.0.113.{number}'}\n"
        "    asked = urllib.request.Request('http://orchestrator:8080/v1/sessions', sys.argv[1].encode(), headers)\n"
        "    try:\n"
        "        urllib.request.urlopen(asked)\n"
        "    except urllib.error.HTTPError as error:\n"
        "        print(error.headers['ratelimit-remaining'])\n"
    )
    told = compose.run("exec", "-T", "sandbox-openai", "python", "-c", script, json.dumps(wrong)).splitlines()
    assert int(told[1]) == int(told[0]) - 1
