"""The network of a kiosk as its card describes it, as connections of NetworkManager. Pure."""

import hashlib
import ipaddress
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from kiosk.config import Section
from kiosk.errors import UsageError

LONGEST_SSID = 32
"""IEEE 802.11: bytes, of whatever encoding."""
PSK_ROUNDS = 4096
PSK_BYTES = 32


class NetworkSection(Section, frozen=True):
    """[network] How the kiosk reaches its server; without anything in it, by a cable and DHCP.

    `wifi` is the network's name. `address` is the kiosk's own with the length of its net, such as `192.0.2.7/24`, for
    the Wi-Fi if there is one and else for the cable; without it DHCP gives one.
    """

    wifi: Annotated[str, Meta(min_length=1)] | None = None
    wifi_password: Annotated[str, Meta(pattern=r"^[\x20-\x7e]{8,63}\Z")] | None = None
    wifi_hidden: bool = False
    address: str | None = None
    gateway: str | None = None
    dns: tuple[str, ...] = ()


def check(network: NetworkSection) -> None:
    """See whether it holds together. Raises UsageError, which quotes no password."""
    if network.wifi is None and network.wifi_password is not None:
        raise UsageError("[network] has a wifi_password and no wifi; add the network's name")
    if network.wifi is not None and len(network.wifi.encode()) > LONGEST_SSID:
        raise UsageError(f"[network] wifi is longer than {LONGEST_SSID} bytes; correct the network's name")
    if network.address is None and network.gateway is not None:
        raise UsageError("[network] has a gateway and no address; add the kiosk's own address, or remove the gateway")
    try:
        if network.address is not None and "/" not in network.address:
            raise UsageError("[network] address is without the length of its net; write it as in 192.0.2.7/24")
        for written in [network.address] if network.address is not None else []:
            ipaddress.ip_interface(written)
        for written in [*network.dns, *([] if network.gateway is None else [network.gateway])]:
            ipaddress.ip_address(written)
    except ValueError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"[network] has what is no address: {error}") from error


def connections(network: NetworkSection) -> dict[str, str]:
    """Return NetworkManager's connection files by name, none for what it does by itself. The Wi-Fi's key is in them."""
    if network == NetworkSection():
        return {}
    static = _static(network)
    wired = {"connection": {"id": "gatepost-wired", "type": "ethernet"}, "ethernet": {}}
    if network.wifi is None:
        return {"gatepost-wired.nmconnection": _keyfile({**wired, **static})}
    ssid = network.wifi.encode()
    wifi: dict[str, dict[str, str]] = {
        "connection": {"id": "gatepost-wifi", "type": "wifi"},
        # As numbers, so that no character of a name means anything.
        "wifi": {"mode": "infrastructure", "ssid": "".join(f"{byte};" for byte in ssid)},
    }
    if network.wifi_hidden:
        wifi["wifi"]["hidden"] = "true"
    if network.wifi_password is not None:
        key = hashlib.pbkdf2_hmac("sha1", network.wifi_password.encode(), ssid, PSK_ROUNDS, PSK_BYTES)
        wifi["wifi-security"] = {"key-mgmt": "wpa-psk", "psk": key.hex()}
    return {
        "gatepost-wired.nmconnection": _keyfile({**wired, "ipv4": {"method": "auto"}, "ipv6": {"method": "auto"}}),
        "gatepost-wifi.nmconnection": _keyfile({**wifi, **static}),
    }


def _static(network: NetworkSection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {"ipv4": {"method": "auto"}, "ipv6": {"method": "auto"}}
    if network.address is not None:
        own = found[_family(network.address.partition("/")[0])]
        own |= {"method": "manual", "address1": network.address}
    if network.gateway is not None:
        found[_family(network.gateway)]["gateway"] = network.gateway
    for server in network.dns:
        family = found[_family(server)]
        family["dns"] = family.get("dns", "") + f"{server};"
    return found


def _family(address: str) -> str:
    return f"ipv{ipaddress.ip_address(address).version}"


def _keyfile(sections: Mapping[str, Mapping[str, str]]) -> str:
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in section.items()) for name, section in sections.items()
    )
