"""Forms of names and numbers (apimachinery `util/validation`, v0.36).

Each function gives the messages a value earns: an empty list when its form is right.
"""

import ipaddress
import re

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_WILDCARD = rf"\*\.{_SUBDOMAIN}"
_DNS_1035_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_HTTP_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_PERCENTAGE = "[0-9]+%"
_ENV_NAME = re.compile(r"[ -<>-~]+")  # printable ASCII without '='

_QUALIFIED_WORDS = (
    "consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)


def _broken(words: str, pattern: str, *examples: str) -> str:
    if not examples:
        return f"{words} (regex used for validation is '{pattern}')"
    # The doubled space after each example but the last is apimachinery's own.
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{words} (e.g. {shown}regex used for validation is '{pattern}')"


def _too_long(value: str, limit: int, unit: str = "characters") -> list[str]:
    return [f"must be no more than {limit} {unit}"] if len(value) > limit else []


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value, re.ASCII) is not None


def dns_subdomain(value: str) -> list[str]:
    """An RFC 1123 subdomain: what most names must be."""
    messages = _too_long(value, 253)
    if not _matches(_SUBDOMAIN, value):
        words = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            "'-' or '.', and must start and end with an alphanumeric character"
        )
        messages.append(_broken(words, _SUBDOMAIN, "example.com"))
    return messages


def wildcard_subdomain(value: str) -> list[str]:
    """`*.` and an RFC 1123 subdomain."""
    messages = _too_long(value, 253)
    if not _matches(_WILDCARD, value):
        words = (
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS "
            "subdomain, which must consist of lower case alphanumeric characters, '-' or '.' "
            "and end with an alphanumeric character"
        )
        messages.append(_broken(words, _WILDCARD, "*.example.com"))
    return messages


def dns_label(value: str) -> list[str]:
    """An RFC 1123 label: namespaces, containers, port names of a Service."""
    messages = _too_long(value, 63)
    if not _matches(_LABEL, value):
        if _matches(_SUBDOMAIN, value):
            messages.append("must not contain dots")
        else:
            words = (
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
                "or '-', and must start and end with an alphanumeric character"
            )
            messages.append(_broken(words, _LABEL, "my-name", "123-abc"))
    return messages


def dns_1035_label(value: str) -> list[str]:
    """A label that starts with a letter: the names of a custom kind."""
    messages = _too_long(value, 63)
    if not _matches(_DNS_1035_LABEL, value):
        words = (
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start "
            "with an alphabetic character, and end with an alphanumeric character"
        )
        messages.append(_broken(words, _DNS_1035_LABEL, "my-name", "abc-123"))
    return messages


def path_segment(value: str) -> list[str]:
    """A name that can stand in a URL path: RBAC objects, references."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{part}'" for part in ("/", "%") if part in value]


def qualified_name(value: str) -> list[str]:
    """A label key: an optional subdomain and `/`, then a name of at most 63 characters."""
    words = _broken(f"must {_QUALIFIED_WORDS}", _QUALIFIED, "MyName", "my.name", "123-abc")
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        return [
            f"a valid label key {words} with an optional DNS subdomain prefix and '/' "
            "(e.g. 'example.com/MyName')"
        ]
    messages = []
    if slash and not prefix:
        messages.append("prefix part must be non-empty")
    elif prefix:
        messages += [f"prefix part {message}" for message in dns_subdomain(prefix)]
    if not name:
        messages.append("name part must be non-empty")
    messages += [f"name part {message}" for message in _too_long(name, 63, "bytes")]
    if not _matches(_QUALIFIED, name):
        messages.append(f"name part {words}")
    return messages


def label_value(value: str) -> list[str]:
    """The value of a label: empty, or a name of at most 63 characters."""
    messages = _too_long(value, 63, "bytes")
    if not _matches(_LABEL_VALUE, value):
        words = f"a valid label must be an empty string or {_QUALIFIED_WORDS}"
        messages.append(_broken(words, _LABEL_VALUE, "MyValue", "my_value", "12345"))
    return messages


def config_key(value: str) -> list[str]:
    """A key of a ConfigMap or Secret: it becomes a file name."""
    messages = _too_long(value, 253)
    if not _matches(_CONFIG_KEY, value):
        words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        messages.append(_broken(words, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    if value in (".", ".."):
        messages.append(f"must not be '{value}'")
    elif value.startswith(".."):
        messages.append("must not start with '..'")
    return messages


def env_name(value: str) -> list[str]:
    """The name of an environment variable (relaxed since Kubernetes 1.32)."""
    if _ENV_NAME.fullmatch(value):
        return []
    words = "a valid environment variable name must consist only of printable ASCII characters"
    return [f"{words} other than '='"]


def port_number(value: int) -> list[str]:
    """A TCP or UDP port: 1 to 65535."""
    return [] if 1 <= value <= 65535 else ["must be between 1 and 65535, inclusive"]


def port_name(value: str) -> list[str]:
    """An IANA service name (RFC 6335): the name of a container port."""
    messages = _too_long(value, 15)
    if not _matches("[-a-z0-9]+", value):
        messages.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        messages.append("must contain at least one letter (a-z)")
    if "--" in value:
        messages.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        messages.append("must not begin or end with a hyphen")
    return messages


def percentage(value: str) -> list[str]:
    """A part of a whole: `25%`."""
    if _matches(_PERCENTAGE, value):
        return []
    words = "a valid percent string must be a numeric string followed by an ending '%'"
    return [_broken(words, _PERCENTAGE, "1%", "93%")]


def http_path(value: str) -> list[str]:
    """The path part of a domain-prefixed path."""
    return [] if _matches(_HTTP_PATH, value) else [_broken("Invalid path", _HTTP_PATH)]


def parsed_ip(text: str) -> IPAddress | None:
    """The address, or None; leading zeros in IPv4 are tolerated, as Kubernetes still does."""
    if re.fullmatch(r"\d{1,9}(\.\d{1,9}){3}", text, re.ASCII):
        text = ".".join(str(int(part)) for part in text.split("."))
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def ip_address(value: str) -> list[str]:
    """An IPv4 or IPv6 address."""
    if parsed_ip(value) is not None:
        return []
    return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]


def local_path(value: str) -> list[str]:
    """A relative path that stays below where it starts (`subPath`, ConfigMap item paths)."""
    messages = ["must be a relative path"] if value.startswith("/") else []
    if ".." in value.split("/"):
        messages.append("must not contain '..'")
    return messages
