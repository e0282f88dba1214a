"""Names and values of DNS records as people write them, and as a zone file needs them."""

from ipaddress import ip_address

from labsupport.base.errors import UsageError

_LONGEST_NAME = 253  # characters, of 255 bytes on the wire (RFC 1035, 3.1)
_LONGEST_STRING = 255  # bytes of one string of a TXT record (RFC 1035, 3.3.14)


def ascii_name(name: str) -> str:
    """A name in lower case, without a final dot, letters beyond ASCII as `xn--` (RFC 5891).

    UsageError for what DNS can't hold: empty or long labels, blanks, more than 253 characters.
    """
    plain = name.strip().removesuffix(".")
    try:
        # The codec refuses empty labels and those of more than 63 characters.
        converted = plain.encode("idna").decode() if plain else ""
    except UnicodeError as error:
        raise _not_a_name(name, str(error.__cause__ or error)) from error
    if not converted:
        raise _not_a_name(name, "it is empty")
    if "://" in converted:
        raise _not_a_name(name, "it is a URL; give the host alone")
    if any(char.isspace() for char in converted):
        raise _not_a_name(name, "there is a blank in it")
    if len(converted) > _LONGEST_NAME:
        raise _not_a_name(name, f"{len(converted)} characters, more than {_LONGEST_NAME}")
    return converted.lower()


def type_of(value: str) -> str:
    """The type that a value suggests: A or AAAA for an address, CNAME for a name."""
    try:
        return {4: "A", 6: "AAAA"}[ip_address(value).version]
    except ValueError:
        return "CNAME"


def record_value(record_type: str, value: str) -> str:
    """`value` as a zone file has it. Text is quoted, in pieces of 255 bytes; names get their dot.

    UsageError when an address is none, or is of the other family, or a name is none.
    """
    if record_type in ("A", "AAAA"):
        return _address(record_type, value)
    if record_type == "TXT":
        return value if value.startswith('"') else " ".join(map(quoted, _pieces(value)))
    if record_type in ("CNAME", "NS", "PTR"):
        return f"{_name(value)}."
    return value


def _name(value: str) -> str:
    """The name that a record holds. No name ends in a number (RFC 3696, 2), so that is a typo."""
    name = ascii_name(value)
    if name.rpartition(".")[2].isdigit():
        raise UsageError(
            f"{value!r} is neither an address nor a name",
            found="its last part is a number, as in an IPv4 address, where none is above 255",
            remedy='give an address, for example lab.dns.add("quote.example.com", lab.address)',
        )
    return name


def quoted(text: str) -> str:
    """A character string as zone files have it: in quotes, its own quotes escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _address(record_type: str, value: str) -> str:
    found = type_of(value.strip())
    if found != record_type:
        family = "IPv4" if record_type == "A" else "IPv6"
        raise UsageError(
            f"a record of type {record_type} holds an {family} address",
            found=repr(value),
            remedy='give an address, for example lab.dns.add("quote.example.com", lab.address)',
        )
    return str(ip_address(value.strip()))


def _pieces(text: str) -> list[str]:
    """The text in strings of at most 255 bytes, no character torn."""
    pieces, piece = [], b""
    for char in text:
        encoded = char.encode()
        if len(piece) + len(encoded) > _LONGEST_STRING:
            pieces.append(piece.decode())
            piece = b""
        piece += encoded
    return [*pieces, piece.decode()]


def _not_a_name(name: str, why: str) -> UsageError:
    return UsageError(
        f"{name!r} is not a DNS name",
        found=why,
        remedy="labels of 1 to 63 characters with dots between them, as in kiada.example.com",
    )
