"""NetworkManager's files, as its own parser of key files would read them."""

from configparser import ConfigParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import UsageError
from kiosk.network import NetworkSection, check, connections


def read(text: str) -> ConfigParser:
    parsed = ConfigParser(interpolation=None)
    parsed.read_string(text)
    return parsed


def test_a_cable_and_dhcp_need_no_file() -> None:
    assert connections(NetworkSection()) == {}


def test_an_address_without_a_wifi_is_the_cable_s() -> None:
    (name,) = found = connections(NetworkSection(address="192.0.2.7/24"))
    wired = read(found[name])
    assert wired["connection"]["type"] == "ethernet"
    assert (wired["ipv4"]["address1"], wired["ipv6"]["method"]) == ("192.0.2.7/24", "auto")


def test_the_key_of_a_wifi_is_that_of_the_standard() -> None:
    # IEEE 802.11-2016, J.4.2, second and first example.
    for password, ssid, key in [
        ("password", "IEEE", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"),
        ("ThisIsAPassword", "ThisIsASSID", "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"),
    ]:
        network = NetworkSection(wifi=ssid, wifi_password=password)
        assert read(connections(network)["gatepost-wifi.nmconnection"])["wifi-security"]["psk"] == key


@given(ssid=st.text(min_size=1, max_size=8))
def test_no_character_of_a_name_means_anything(ssid: str) -> None:
    wifi = read(connections(NetworkSection(wifi=ssid))["gatepost-wifi.nmconnection"])
    assert bytes(int(byte) for byte in wifi["wifi"]["ssid"].split(";")[:-1]).decode() == ssid
    assert "wifi-security" not in wifi


def test_an_address_of_its_own_is_the_wifi_s_and_the_cable_keeps_dhcp() -> None:
    network = NetworkSection(wifi="w", address="192.0.2.7/24", gateway="192.0.2.1", dns=("192.0.2.1", "2001:db8::1"))
    check(network)
    found = connections(network)
    assert dict(read(found["gatepost-wifi.nmconnection"])["ipv4"]) == {
        "method": "manual",
        "address1": "192.0.2.7/24",
        "gateway": "192.0.2.1",
        "dns": "192.0.2.1;",
    }
    assert read(found["gatepost-wifi.nmconnection"])["ipv6"]["dns"] == "2001:db8::1;"
    assert read(found["gatepost-wired.nmconnection"])["ipv4"]["method"] == "auto"


@pytest.mark.parametrize(
    "network",
    [
        NetworkSection(wifi="门" * 11),
        NetworkSection(gateway="192.0.2.1"),
        NetworkSection(address="192.0.2.7/33"),
        NetworkSection(dns=("gatepost.example",)),
        NetworkSection(address="192.0.2.7/24\nmethod=auto"),
    ],
    ids=["a long name", "a gateway alone", "a net that is none", "a name for an address", "a line more"],
)
def test_what_no_network_has_is_refused(network: NetworkSection) -> None:
    with pytest.raises(UsageError, match=r"\[network\]"):
        check(network)
