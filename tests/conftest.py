"""The fixed cast of the tests: one pharmacy, its staff, its mailboxes, and a stranger from another one."""

import fcntl
import gc
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client, RequestFactory, TransactionTestCase, override_settings
from django.utils import timezone
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from auth_otp import entry
from auth_otp.means import Means
from auth_otp.models import User
from auth_otp.sessions import SessionStore
from mailbox.models import Domain, Mailbox, Membership, Staff, Tenant, open_mailbox
from tests.depth import SOAK
from tests.peers import TrustSpace
from tests.stack import product  # noqa: F401
from tests.walking import OPENED, browser_ends, chromium, open_page  # noqa: F401  (fixtures of every walk)

PASSWORD = "ordonnance-bleue-1948"
PRODUCT = ("walks", "canary", "kill")
MACHINE = Path(os.environ["MSSWEB_HOME"])  # one folder for all workers of this run
hypothesis.settings.load_profile("soak" if SOAK else "suite")
MIGRATED = {"django_content_type", "auth_permission"}
DOMAIN = "officine.mssante.example"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that last longest begin first: begun last, one of them would leave the other processor idle at the end."""
    if left := [item for item in items if item.get_closest_marker("soak") and not SOAK]:
        items[:] = [item for item in items if item not in left]
        config.hook.pytest_deselected(items=left)
    gc.freeze()  # what was loaded stays: no collection looks at it again
    gc.enable()  # tests/engines.py
    items.sort(key=lambda item: (not (place := of_product(item.nodeid)), place, not item.get_closest_marker("walk")))


def of_product(nodeid: str) -> int:
    """Not 0 in files that share the one started product: walks first, those that kill it last."""
    return next((place for place, folder in enumerate(PRODUCT, 1) if nodeid.startswith(f"tests/{folder}/")), 0)


class ByFile(LoadFileScheduling):
    """A file is of one worker; those of the product are of one together."""

    def _split_scope(self, nodeid: str) -> str:
        return "product" if of_product(nodeid) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    OPENED.before(item)


GATE, FLOOR = (MACHINE / "gate").open("w"), (MACHINE / "floor").open("w")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Tests share the machine: each is on the floor while it runs, and enters by a gate that may be closed (`quiet`)."""
    fcntl.flock(GATE, fcntl.LOCK_SH)
    fcntl.flock(FLOOR, fcntl.LOCK_SH)
    fcntl.flock(GATE, fcntl.LOCK_UN)
    try:
        return (yield)
    finally:
        fcntl.flock(FLOOR, fcntl.LOCK_UN)


@pytest.fixture
def quiet() -> Callable[[], AbstractContextManager[None]]:
    """While it lasts no other test runs: for what a person waits for, timed."""

    @contextmanager
    def held() -> Iterator[None]:
        fcntl.flock(GATE, fcntl.LOCK_EX)
        fcntl.flock(FLOOR, fcntl.LOCK_EX)  # once the others are between two tests
        try:
            yield
        finally:
            fcntl.flock(FLOOR, fcntl.LOCK_SH)
            fcntl.flock(GATE, fcntl.LOCK_UN)

    return held


@pytest.fixture(scope="session", autouse=True)
def _test_settings() -> Iterator[None]:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        ADMIN_STRONG=False,  # administrators of the tests have a telephone only: auth_otp/test_strong.py
        PROBE_SECONDS=0.0,  # who is no test of it counts no statement of it
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**django_settings.STORAGES, "staticfiles": plain},
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker) -> None:
    """Tables are made once a run, by whoever asks first; the database of each worker is a copy of them."""
    if not (template := os.environ.get("TEMPLATE_DATABASE")):
        return
    with (MACHINE / "migrated").open("a+") as mark, django_db_blocker.unblock():
        fcntl.flock(mark, fcntl.LOCK_EX)
        if not mark.tell():
            call_command("migrate", verbosity=0)
            mark.write("once")
            connection.close()  # nobody may be in what is copied
    connection.settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """After a test with transactions of its own, rows are deleted: truncating every table would take forty times as long.

    The connection is kept: a new one reads the whole catalogue again, which costs more than most of these tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: empty_tables())
        patch.setattr(TransactionTestCase, "_should_reload_connections", lambda test: False)
        yield


@cache
def filled() -> str:
    """One statement that names the tables holding a row, but for those that a migration fills."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - MIGRATED
    return " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in sorted(tables))


def empty_tables() -> None:
    """Keys are not followed when all rows go at once; who may not say so has them checked at the end, in any order."""
    free = connection.connection is not None and connection.connection.info.parameter_status("is_superuser") == "on"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(filled())
        deletions = [f'DELETE FROM "{table}"' for (table,) in cursor.fetchall()]
        if deletions:
            cursor.execute(";".join(["SET LOCAL session_replication_role = replica"] * free + deletions))


@pytest.fixture
def make_user(db) -> Callable[..., User]:
    def make(login: str, first_name: str, last_name: str, **fields: object) -> User:
        fields.setdefault("phone", "+33639980001")
        return User.objects.create_user(login, PASSWORD, first_name=first_name, last_name=last_name, **fields)

    return make


@pytest.fixture
def anne(make_user) -> User:
    """Titulaire, manager of the shared mailbox."""
    return make_user("anne.dupont@pharmacie-dupont.example", "Anne", "Dupont", rpps="99900000011", title="Dr")


@pytest.fixture
def claire(make_user) -> User:
    """Preparer, member of the shared mailbox."""
    return make_user("claire.martin@pharmacie-dupont.example", "Claire", "Martin", phone="+33639980002")


@pytest.fixture
def hugo(make_user) -> User:
    """Trainee, reader of the shared mailbox: sees, may not write."""
    return make_user("hugo.bernard@pharmacie-dupont.example", "Hugo", "Bernard", phone="+33639980003")


@pytest.fixture
def stranger(make_user) -> User:
    """A pharmacist from elsewhere, member of nothing here."""
    return make_user("paul.ailleurs@autre.example", "Paul", "Ailleurs", phone="+33639980009")


def work(tenant: Tenant, user: User, **fields: object) -> Staff:
    """Authorised there, unless told otherwise."""
    row, _ = Staff.objects.update_or_create(tenant=tenant, user=user, defaults={"decided_at": timezone.now(), **fields})
    return row


@pytest.fixture
def tenant(anne) -> Tenant:
    tenant = Tenant.objects.create(name="Pharmacie Dupont", finess="750000002", holder=anne, town="Paris")
    work(tenant, anne, function="titulaire")
    return tenant


@pytest.fixture
def domain(db) -> Domain:
    return Domain.objects.create(name=DOMAIN)


@pytest.fixture
def dupont(tenant, domain, anne, claire, hugo) -> Mailbox:
    """The shared (ORG) mailbox of the pharmacy, with its three members."""
    box = open_mailbox(
        tenant=tenant, domain=domain, address=f"pharmacie-dupont-paris@{DOMAIN}", kind="ORG",
        display_name="Pharmacie Dupont", state="active",
    )  # fmt: skip
    for user in (claire, hugo):
        work(tenant, user)
    Membership.objects.create(mailbox=box, user=anne, role="manager")
    Membership.objects.create(mailbox=box, user=claire, role="member")
    Membership.objects.create(mailbox=box, user=hugo, role="reader", may_send=False)
    return box


@pytest.fixture
def annes_box(tenant, domain, anne) -> Mailbox:
    """Anne's nominative (PER) mailbox."""
    box = open_mailbox(
        tenant=tenant, domain=domain, address=f"anne.dupont@{DOMAIN}", kind="PER", display_name="Dr_Anne_DUPONT",
        state="active",
    )  # fmt: skip
    Membership.objects.create(mailbox=box, user=anne, role="manager")
    return box


@pytest.fixture(scope="session")
def space(tmp_path_factory) -> TrustSpace:
    """One authority for the whole run; `trust` puts its white list in force for a test."""
    return TrustSpace(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def trust(db, space, settings) -> TrustSpace:
    space.settle(settings)
    return space


def verified_session(client: Client, user: User, means: Means = Means.PASSWORD_SMS) -> None:
    """A browser that has given both factors, through the very verb that the pages use."""
    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    entry.enter(request, user=user, now=timezone.now(), means=means)
    client.cookies[django_settings.SESSION_COOKIE_NAME] = request.session.session_key


@pytest.fixture
def sign_in() -> Callable[..., None]:
    return verified_session
