"""docker-compose.yml and the Dockerfile, held against the settings and commands they name.

No Docker engine is at hand where the tests run; a wrong name is what usually breaks such files.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from backend.processes import PROCESSES

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "batch", "beat")
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def settings_read_from_the_environment() -> set[str]:
    return set(re.findall(r'env_\w+\(\s*"(\w+)"', (ROOT / "backend" / "settings.py").read_text()))


def test_every_service_of_the_design_is_there():
    assert set(SERVICES) == {"db", "redis", *OURS}


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_our_services_is_a_setting(name):
    assert set(SERVICES[name]["environment"]) <= settings_read_from_the_environment()


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_our_services_exists(name):
    python, manage, command, *process = SERVICES[name]["command"]

    assert (python, manage) == ("python", "manage.py")
    assert command in get_commands()
    if command == "start":
        assert process == [name]
        assert name in PROCESSES


def test_the_processes_are_those_of_manage_up():
    assert {name for name in OURS if name != "migrate"} == set(PROCESSES)


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_one_image_with_a_reaper_and_the_files(name):
    service = SERVICES[name]
    assert service["image"] == "oila"
    assert service["init"] is True
    assert "oila:/var/lib/oila" in service["volumes"]


def test_the_image_keeps_its_files_where_the_volume_is():
    assert "OILA_VAR=/var/lib/oila" in DOCKERFILE


@pytest.mark.parametrize("name", ["web", "worker", "batch", "beat"])
def test_nothing_starts_before_the_tables_are_made(name):
    waits = SERVICES[name]["depends_on"]
    assert waits["migrate"]["condition"] == "service_completed_successfully"
    assert waits["db"]["condition"] == waits["redis"]["condition"] == "service_healthy"


def test_a_secret_that_is_not_set_stops_compose():
    assert "${SECRET_KEY:?" in SERVICES["web"]["environment"]["SECRET_KEY"]
    assert "${POSTGRES_PASSWORD:?" in SERVICES["web"]["environment"]["DATABASE_URL"]


@pytest.mark.parametrize("name", ["db", "redis", "web", "worker"])
def test_what_can_fall_silent_has_a_health_check(name):
    assert SERVICES[name]["healthcheck"]["test"]


def test_the_worker_has_time_to_finish_what_it_holds():
    assert seconds(SERVICES["worker"]["stop_grace_period"]) >= 60
    assert seconds(SERVICES["db"]["stop_grace_period"]) >= 60


def test_the_broker_forgets_nothing_and_evicts_nothing():
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_every_volume_that_is_used_is_declared():
    used = {mount.split(":")[0] for service in SERVICES.values() for mount in service["volumes"]}
    assert used == set(COMPOSE["volumes"])


def test_the_database_of_compose_is_the_major_that_is_embedded():
    assert SERVICES["db"]["image"] == "postgres:18"
    assert "--builtin-locale=C.UTF-8" in SERVICES["db"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_the_image_runs_without_root_and_with_hashed_packages():
    assert "--require-hashes -r requirements.txt" in DOCKERFILE
    assert re.search(r"^USER oila$", DOCKERFILE, re.M)
    assert DOCKERFILE.index("USER oila") < DOCKERFILE.index("CMD")


def test_the_health_checks_ask_addresses_that_exist():
    text = (ROOT / "docker-compose.yml").read_text()
    served = (ROOT / "backend" / "urls.py").read_text()
    for address in re.findall(r":8000/([\w/]+)", text):
        assert f'"{address}"' in served
