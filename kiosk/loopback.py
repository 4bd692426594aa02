"""Whether an address leads to this very machine, so that nobody is in between. Pure."""


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    # Only here, as below: a process whose configuration names no address is back sooner without.
    import ipaddress

    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def leads_to_loopback(url: str) -> bool:
    """Whether an address of the web leads to this machine."""
    from urllib.parse import urlsplit

    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
