"""A signed message as a DCC carries it: COSE_Sign1 (RFC 9052). Read here, believed elsewhere."""

from collections.abc import Mapping

from kiosk.credentials.bounded import Unreadable, cbor
from kiosk.credentials.keys import Algorithm
from kiosk.evidence import Verdict
from kiosk.frozen import frozen

ALG, KID = 1, 4
"""Header labels (RFC 9052, 3.1)."""
MAX_KEY_ID = 64
"""Bytes. Names of keys have eight."""
ALGORITHMS: Mapping[int, Algorithm] = {-7: Algorithm.ES256, -37: Algorithm.PS256}


@frozen
class SignedMessage:
    """A message whose signature is not yet checked. `algorithm` is None when it is none that is known here."""

    algorithm: Algorithm | None
    key_id: bytes | None
    protected: bytes
    payload: bytes
    signature: bytes

    def signed(self) -> bytes:
        """The bytes that the signature is over (RFC 9052, 4.4)."""
        from cbor2 import dumps

        return dumps(["Signature1", self.protected, b"", self.payload])


def read(data: bytes) -> SignedMessage:
    """Read a message, in its tag or two or bare. Raises Unreadable."""
    match cbor(data):
        case [bytes() as protected, Mapping() as unprotected, bytes() as payload, bytes() as signature]:
            header = cbor(protected) if protected else {}
        case _:
            raise Unreadable("it is no signed message")
    if not isinstance(header, Mapping):
        raise Unreadable("its header is no map")
    algorithm = header.get(ALG, unprotected.get(ALG))
    if not isinstance(algorithm, int):
        raise Unreadable("it does not say how it is signed")
    # The signed header goes before the other, also where only the other names a key that is known.
    key_id = header.get(KID, unprotected.get(KID))
    if key_id is not None and not (isinstance(key_id, bytes) and len(key_id) <= MAX_KEY_ID):
        raise Unreadable("the name of its key is no bytes, or too long")
    return SignedMessage(ALGORITHMS.get(algorithm), key_id, protected, payload, signature)


def supported(message: SignedMessage) -> Algorithm:
    """Return how a message is signed. Raises Unreadable with UNSUPPORTED."""
    if message.algorithm is None:
        raise Unreadable("it is signed in a way that this software does not know", Verdict.UNSUPPORTED)
    return message.algorithm
