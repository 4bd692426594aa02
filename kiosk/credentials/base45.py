"""Base45 (RFC 9285): bytes in the alphabet of a QR code's alphanumeric mode, two bytes to three characters."""

ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Write bytes in Base45."""
    out = bytearray()
    for at in range(0, len(data) - 1, 2):
        rest, low = divmod(data[at] << 8 | data[at + 1], 45)
        high, middle = divmod(rest, 45)
        out += bytes((ALPHABET[low], ALPHABET[middle], ALPHABET[high]))
    if len(data) % 2:
        middle, low = divmod(data[-1], 45)
        out += bytes((ALPHABET[low], ALPHABET[middle]))
    return out.decode("ascii")


def decode(text: bytes) -> bytes:
    """Read Base45 back. Raises ValueError for anything that `encode` would not have written."""
    try:
        values = [_VALUES[character] for character in text]
    except KeyError:
        raise ValueError("a character that Base45 does not have") from None
    out = bytearray()
    for at in range(0, len(values) - 2, 3):
        number = values[at] + 45 * values[at + 1] + 2025 * values[at + 2]
        if number > 0xFFFF:
            raise ValueError("three characters that stand for no two bytes")
        out += number.to_bytes(2, "big")
    match len(values) % 3:
        case 1:
            raise ValueError("a single character at the end")
        case 2:
            number = values[-2] + 45 * values[-1]
            if number > 0xFF:
                raise ValueError("two characters that stand for no byte")
            out.append(number)
    return bytes(out)
