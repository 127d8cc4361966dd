"""The messages of Prometheus' remote storage, as Prometheus writes and reads them: protobuf in a block of Snappy."""

import struct


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def message(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def text(number, value):
    return message(number, value.encode())


def integer(number, value):
    return varint(number << 3) + varint(value)


def pack(content):
    """A block of literals only."""
    out = bytearray(varint(len(content)))
    for at in range(0, len(content), 60):
        piece = content[at:at + 60]
        out += bytes([(len(piece) - 1) << 2]) + piece
    return bytes(out)


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def unpack(block):
    size, at = read_varint(block, 0)
    out = bytearray()
    while at < len(block):
        kind, rest = block[at] & 3, block[at] >> 2
        at += 1
        if kind == 0:
            if rest >= 60:
                width = rest - 59
                rest = int.from_bytes(block[at:at + width], "little")
                at += width
            out += block[at:at + rest + 1]
            at += rest + 1
            continue
        if kind == 1:
            length, offset = (rest & 7) + 4, (rest >> 3) << 8 | block[at]
            at += 1
        else:
            width = 2 if kind == 2 else 4
            length, offset = rest + 1, int.from_bytes(block[at:at + width], "little")
            at += width
        for _ in range(length):
            out.append(out[-offset])
    assert len(out) == size, (len(out), size)
    return bytes(out)


def fields(data):
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        if key & 7 == 2:
            size, at = read_varint(data, at)
            yield key >> 3, data[at:at + size]
            at += size
        elif key & 7 == 1:
            yield key >> 3, struct.unpack_from("<d", data, at)[0]
            at += 8
        else:
            value, at = read_varint(data, at)
            yield key >> 3, value - (1 << 64) if value >= 1 << 63 else value


def write_request(*series):
    """Of (labels, [(milliseconds, value)])."""
    out = b""
    for labels, samples in series:
        content = b"".join(message(1, text(1, name) + text(2, value)) for name, value in labels.items())
        content += b"".join(message(2, b"\x09" + struct.pack("<d", value) + integer(2, when)) for when, value in samples)
        out += message(1, content)
    return out


KINDS = {"=": 0, "!=": 1, "=~": 2, "!~": 3}


def read_request(start, end, *matchers):
    """Of (name, operator, value)."""
    content = integer(1, start) + integer(2, end)
    for name, operator, value in matchers:
        content += message(3, integer(1, KINDS[operator]) + text(2, name) + text(3, value))
    return message(1, content)


def read_response(data):
    """A list of (labels, [(milliseconds, value)])."""
    (_, result), = fields(data)
    found = []
    for _, series in fields(result):
        labels, samples = {}, []
        for number, part in fields(series):
            values = dict(fields(part))
            if number == 1:
                labels[values[1].decode()] = values[2].decode()
            else:
                samples.append((values.get(2, 0), values.get(1, 0.0)))
        found.append((labels, samples))
    return found
