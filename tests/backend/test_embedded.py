"""The engines that come with pip: as root and as a user, in any folder, over any accident."""

import os
import shutil
import signal
import stat
from pathlib import Path

import psycopg
import pytest
import redis

from backend.embedded import lock_var, prepare_engines
from backend.engine_home import LONGEST_SOCKET, CannotStart, is_reachable, socket_folder
from tests.engines import OwnEngines, throw_away_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")


@pytest.fixture
def var():
    folder = throw_away_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own(var):
    engines = OwnEngines(var)
    yield engines
    engines.remove()


@pytest.fixture(scope="module")
def steady():
    """Engines for tests that only look."""
    engines = OwnEngines(throw_away_folder())
    yield engines
    engines.remove()


def sql(own: OwnEngines, statement: str) -> object:
    with psycopg.connect(own.env["DATABASE_URL"]) as connection:
        row = connection.execute(statement).fetchone()
        return row[0] if row else None


def make_note(own: OwnEngines) -> None:
    with psycopg.connect(own.env["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE note AS SELECT 1 AS n")


def test_the_database_folds_the_letters_of_the_region(steady):
    folded = sql(steady, "SELECT lower('ӮЗБЕК ҶӨҢҲҚҒ Ү')")
    assert folded == "ӯзбек ҷөңҳқғ ү"
    assert sql(steady, "SELECT 'Өзгөн' ILIKE 'өЗГӨН'") is True


def test_nothing_that_makes_a_commit_durable_is_off(steady):
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert sql(steady, f"SHOW {setting}") == "on"


def test_the_engines_listen_on_no_network(steady):
    assert sql(steady, "SHOW listen_addresses") == ""
    broker = redis.Redis.from_url(steady.env["REDIS_URL"])
    assert broker.config_get("port")["port"] == "0"
    broker.close()
    assert stat.S_IMODE(steady.engines.sockets.stat().st_mode) == 0o700


def test_the_broker_keeps_a_journal_and_evicts_nothing(steady):
    broker = redis.Redis.from_url(steady.env["REDIS_URL"])
    assert broker.config_get("appendonly")["appendonly"] == "yes"
    assert broker.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    broker.close()


def test_a_second_start_finds_everything_as_it_was(own):
    make_note(own)
    own.stop()

    own.start()

    assert sql(own, "SELECT n FROM note") == 1


def test_a_killed_database_comes_back_with_all_that_was_committed(own):
    make_note(own)
    own.running["postgres"].process.send_signal(signal.SIGKILL)
    own.stop("postgres")

    own.start()

    assert sql(own, "SELECT n FROM note") == 1


def test_a_left_over_pid_that_is_now_another_program_is_forgotten(own):
    own.stop()
    pid_file = own.engines.data / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{own.engines.data / 'postgres'}\n")
    (own.engines.sockets / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")

    own.start()

    assert sql(own, "SELECT 1") == 1


def test_data_of_another_major_is_refused_and_left_alone(own):
    own.stop()
    version = own.engines.data / "postgres" / "PG_VERSION"
    version.write_text("17\n")

    with pytest.raises(CannotStart, match=r"PostgreSQL 17; this Oila brings 18"):
        prepare_engines(own.var)

    assert version.read_text() == "17\n"


def test_a_half_made_cluster_is_made_anew(var):
    (var / "data").mkdir()
    (var / "data" / "postgres.part").mkdir()
    (var / "data" / "postgres.part" / "PG_VERSION").write_text("18\n")

    own = OwnEngines(var)

    assert sql(own, "SELECT 1") == 1
    own.remove()


def test_two_servers_on_one_folder_the_second_says_who_has_it(var):
    with lock_var(var), pytest.raises(CannotStart, match=rf"process {os.getpid()}\).*OILA_VAR"):
        lock_var(var)

    lock_var(var).close()


def test_a_folder_of_another_user_is_not_taken(var, monkeypatch):
    (var / "run").symlink_to("/nowhere")
    (var / "data").write_text("a file")

    with pytest.raises(CannotStart, match="data"):
        prepare_engines(var)


def test_a_long_path_gets_a_short_folder_for_its_sockets(var):
    deep = var / ("deep" * 30)
    deep.mkdir()
    deep.chmod(0o711)

    own = OwnEngines(deep)

    assert len(os.fsencode(own.engines.sockets / ".s.PGSQL.5432")) <= LONGEST_SOCKET
    assert socket_folder(deep) == own.engines.sockets
    assert sql(own, "SELECT 1") == 1
    own.remove()


@as_root
def test_root_runs_the_engines_as_somebody_else(steady):
    for running in steady.running.values():
        status = Path(f"/proc/{running.process.pid}/status").read_text()
        assert "Uid:\t0" not in status


@as_root
def test_a_folder_that_only_root_may_enter_is_linked_to_one_in_the_system(var):
    closed = var / "closed"
    closed.mkdir(mode=0o700)

    own = OwnEngines(closed / "var")
    make_note(own)

    assert own.engines.data.is_relative_to("/var/lib/oila")
    assert (closed / "var" / "data").resolve() == own.engines.data
    assert socket_folder(closed / "var") == own.engines.sockets

    own.stop()
    shutil.rmtree(closed / "var")  # a removed folder means a new start …
    again = OwnEngines(closed / "var")
    assert sql(again, "SELECT to_regclass('note')") is None
    kept = list(own.engines.data.parent.parent.glob(f"{own.engines.data.parent.name}-until-*"))
    assert len(kept) == 1  # … and what was there is kept
    again.remove()
    shutil.rmtree(kept[0])


@as_root
def test_an_ordinary_user_needs_no_root(var):
    """The same start in a child that has given root up; a fork, as Python may be root's own."""
    if not is_reachable(Path(psycopg.__file__).parent):
        pytest.skip("only root can reach the environment here")
    nobody = 65534
    os.chown(var, nobody, nobody)

    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(nobody)
        os.setuid(nobody)
        own = OwnEngines(var / "own")
        as_ourselves = own.engines.owner is None and sql(own, "SELECT 1") == 1
        own.stop()
        os._exit(0 if as_ourselves else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert (var / "own" / "data" / "postgres").stat().st_uid == nobody
