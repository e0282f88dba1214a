"""The kinds of certificates that lessons are about, each with the words for it."""

KINDS = {
    "good": "issued by the lab's authority, for the names asked for",
    "expired": "its time is over",
    "not-yet-valid": "its time has not begun",
    "other-name": "good, but for another name",
    "self-signed": "nobody issued it but itself",
    "unknown-issuer": "issued by an authority that no client of the lab believes",
    "weak-key": "with an RSA key of 1024 bits",
    "weak-signature": "signed with SHA-1 (by openssl alone: the Python library refuses)",
    "no-san": "the name is its common name only",
    "intermediate": "issued by an intermediate authority, which is sent along",
    "intermediate-missing": "issued by an intermediate authority, which is not sent along",
    "wrong-order": "the intermediate stands before the server's own: no server takes such a pair",
}
"""Each kind by its name, with what is special about it."""

DEFAULT_DAYS = 30
MOST_DAYS = 90

ELSEWHERE = "elsewhere.example.net"
"""The name that a certificate of kind `other-name` is for."""

STRANGER = "Somebody Else's CA"
"""The authority of kind `unknown-issuer`."""
