"""Whom a command for a gate reaches: one device, never two."""

import time
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.direction import Direction
from kiosk.errors import UsageError
from sync.central.access import Asker, Role
from sync.central.database import changing
from sync.central.enrolled import revoke
from sync.central.enrolment import redeem
from sync.central.recipients import Recipient, recipient_at
from sync.central.store import Store
from tests.sync.central.enrolling import code_for, public

MANAGER = Asker("Wang Fang", Role.MANAGER, "it was stolen")


@dataclass
class Gates:
    """The devices of a server's database, enrolled one after the other."""

    store: Store

    def enrol(self, direction: str, gate: str = "gate-1") -> str:
        code = code_for(self.store.engine, gate=gate, direction=direction)
        key = public(Ed25519PrivateKey.generate())
        return redeem(self.store.engine, "riverside", code.secret, key, time.time_ns() // 1000).place.device

    def revoke(self, device: str) -> None:
        with changing(self.store.engine) as connection:
            revoke(connection, "riverside", device, MANAGER, time.time_ns() // 1000)

    def at(self, direction: Direction | None = None, *, simulation: bool = False) -> str:
        with self.store.engine.connect() as connection:
            found = recipient_at(connection, "riverside", "gate-1", direction, simulation_allowed=simulation)
        assert found == Recipient("riverside", "gate-1", found.device)
        return found.device


@pytest.fixture
def gates(store: Store) -> Gates:
    return Gates(store)


def test_the_only_device_at_a_gate_needs_no_direction(gates: Gates) -> None:
    device = gates.enrol("both")
    gates.enrol("both", "gate-2")
    assert {gates.at(), gates.at(Direction.IN), gates.at(Direction.OUT)} == {device}


def test_of_two_the_direction_says_which(gates: Gates) -> None:
    devices = {direction: gates.enrol(direction) for direction in (Direction.IN, Direction.OUT)}
    assert {direction: gates.at(direction) for direction in devices} == devices
    with pytest.raises(UsageError, match="say --direction"):
        gates.at()


def test_one_that_was_revoked_is_not_meant(gates: Gates) -> None:
    first = gates.enrol("in")
    gates.revoke(first)
    second = gates.enrol("in")
    assert gates.at(Direction.IN) == gates.at() == second


def test_a_direction_that_nobody_is_for_is_said(gates: Gates) -> None:
    device = gates.enrol("in")
    with pytest.raises(UsageError, match=rf"for out: there are {device} \(in\)"):
        gates.at(Direction.OUT)


def test_where_nobody_is_enrolled_only_a_simulated_kiosk_is_meant(gates: Gates) -> None:
    assert gates.at(simulation=True) == "gate-1"
    with pytest.raises(UsageError, match="no device is enrolled at gate-1"):
        gates.at()
