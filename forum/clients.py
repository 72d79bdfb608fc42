"""Who sends a request: the address, its network, and the kind of device, each as coarse as its use allows."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import request

Address = IPv4Address | IPv6Address
UNKNOWN = "unknown"
# What a proxy may add to an address: brackets, a port, a zone.
_WITH_PORT = re.compile(r"\[(?P<bracketed>[^\]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+")
# Names in user agents, the more specific first.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox/": "Firefox"}
BROWSERS |= {"FxiOS": "Firefox", "CriOS": "Chrome", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Macintosh": "Mac"}
SYSTEMS |= {"CrOS": "Chromebook", "Linux": "Linux"}


def client_address() -> Address | None:
    """Return the address that the request comes from; None when the proxy does not tell one."""
    return parse_address(request.remote_addr or "")


def parse_address(typed: str) -> Address | None:
    """Return an address, written with a port or in brackets or without; None for anything else."""
    text = typed.strip()
    if match := _WITH_PORT.fullmatch(text):
        text = match["bracketed"] or match["v4"]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_network(v4_bits: int = 32, v6_bits: int = 64) -> str:
    """Return the network of the client, by default what one household or server has: /32, or /64 of IPv6."""
    address = client_address()
    if address is None:
        return UNKNOWN
    return str(ip_network((address, v4_bits if address.version == 4 else v6_bits), strict=False))


def coarse_network() -> str:
    """Return the beginning of the client's address, by which the owner of a session may recognise a provider."""
    address = client_address()
    if address is None:
        return UNKNOWN
    separator = "." if address.version == 4 else ":"
    first, second = address.exploded.split(separator)[:2]
    return f"{first}{separator}{second}{separator}…"


def device_name() -> str:
    """Return browser and system of the client without versions, such as "Firefox on Windows"."""
    agent = request.headers.get("User-Agent", "")[:400]
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "Another browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return f"{browser} on {system}" if system else browser
