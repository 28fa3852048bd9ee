"""HPACK (RFC 7541) for the HTTP/2 checks: an encoder that writes exactly the representations it is told to, and a decoder
that takes nothing from a server on trust."""

from harness import Malformed

STATIC = [(name.encode(), value.encode()) for name, value in (
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"),
    (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
    (":status", "404"), (":status", "500"), ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""),
    ("accept-ranges", ""), ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""),
    ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
    ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""),
    ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
    ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""),
    ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
    ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""),
    ("vary", ""), ("via", ""), ("www-authenticate", ""))]

# RFC 7541 appendix B is a canonical code, so the lengths of the 257 codes say all of it; the last symbol is EOS.
LENGTHS = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30]
EOS = 256


def canonical():
    codes, code, before = [0] * 257, 0, 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(LENGTHS)):
        code <<= length - before
        codes[symbol], before = code, length
        code += 1
    return codes


CODES = canonical()
SYMBOLS = {(length, code): symbol for symbol, (length, code) in enumerate(zip(LENGTHS, CODES))}


def integer(value, prefix, first=0):
    """RFC 7541 5.1, in as few bytes as possible; the bits of `first` stand before the prefix."""
    most = (1 << prefix) - 1
    if value < most:
        return bytes([first | value])
    out = bytearray([first | most])
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def huffman(symbols, padding=None):
    """The codes of the symbols (bytes, or numbers up to EOS), filled up with ones or with the given bits."""
    bits = "".join(format(CODES[symbol], "0%db" % LENGTHS[symbol]) for symbol in symbols)
    bits += "1" * (-len(bits) % 8) if padding is None else padding
    if len(bits) % 8:
        raise ValueError("%d bits are no whole bytes" % len(bits))
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def string(data, coded=False):
    """RFC 7541 5.2."""
    data = as_bytes(data)
    if coded:
        data = huffman(data)
    return integer(len(data), 7, 0x80 if coded else 0) + data


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def indexed(index):
    return integer(index, 7, 0x80)


WITHOUT, NEVER, INCREMENTAL = (4, 0x00), (4, 0x10), (6, 0x40)


def literal(name, value, kind=WITHOUT, coded=False):
    """RFC 7541 6.2; the name is a text or an index into the tables."""
    prefix, first = kind
    if isinstance(name, int):
        return integer(name, prefix, first) + string(value, coded)
    return integer(0, prefix, first) + string(name, coded) + string(value, coded)


def size_update(size):
    return integer(size, 5, 0x20)


def encode(fields, kind=WITHOUT, coded=False):
    """A field block that leaves the dynamic table alone, unless told otherwise: the static table, and literals."""
    out = bytearray()
    for name, value in fields:
        name, value = as_bytes(name), as_bytes(value)
        if (name, value) in STATIC:
            out += indexed(STATIC.index((name, value)) + 1)
            continue
        at = next((index for index, (known, _) in enumerate(STATIC, 1) if known == name), name)
        out += literal(at, value, kind, coded)
    return bytes(out)


class Decoder:
    """What a client holds to read a server's field blocks."""

    def __init__(self, limit=4096):
        self.entries = []
        self.size = 0
        self.limit = limit  # what our SETTINGS allow
        self.capacity = 4096  # what the encoder has chosen
        self.due = None  # the next block has to begin with an update to at most this (RFC 9113 4.3.1)
        self.updates = []  # all that came, for the checks to look at
        self.dynamic = 0  # how many representations used the dynamic table

    def allow(self, limit):
        """Our SETTINGS_HEADER_TABLE_SIZE has been acknowledged."""
        if limit < self.capacity:
            self.due = limit if self.due is None else min(self.due, limit)
        self.limit = limit

    def resize(self, capacity):
        self.capacity = capacity
        while self.size > capacity:
            name, value = self.entries.pop()
            self.size -= len(name) + len(value) + 32

    def insert(self, name, value):
        need = len(name) + len(value) + 32
        while self.entries and self.size + need > self.capacity:
            gone = self.entries.pop()
            self.size -= len(gone[0]) + len(gone[1]) + 32
        if need <= self.capacity:
            self.entries.insert(0, (name, value))
            self.size += need

    def entry(self, index):
        if 1 <= index <= len(STATIC):
            return STATIC[index - 1]
        if not 0 < index - len(STATIC) <= len(self.entries):
            raise Malformed("HPACK index %d is in no table" % index)
        self.dynamic += 1
        return self.entries[index - len(STATIC) - 1]

    def decode(self, block):
        fields, at, begun = [], 0, False
        while at < len(block):
            first = block[at]
            if first & 0xE0 == 0x20:
                size, at = number(block, at, 5)
                if begun:
                    raise Malformed("a table size update after the first field (RFC 7541 4.2)")
                if size > self.limit:
                    raise Malformed("a table size update to %d, %d is allowed (RFC 7541 6.3)" % (size, self.limit))
                if self.due is not None and size <= self.due:
                    self.due = None
                self.updates.append(size)
                self.resize(size)
                continue
            if self.due is not None:
                raise Malformed("no table size update to %d or less after it was acknowledged (RFC 9113 4.3.1)" % self.due)
            begun = True
            if first & 0x80:
                index, at = number(block, at, 7)
                fields.append(self.entry(index))
                continue
            prefix = 6 if first & 0x40 else 4
            index, at = number(block, at, prefix)
            if index:
                name = self.entry(index)[0]
            else:
                name, at = text(block, at)
            value, at = text(block, at)
            fields.append((name, value))
            if first & 0x40:
                self.insert(name, value)
        return fields


def number(block, at, prefix):
    most = (1 << prefix) - 1
    value = block[at] & most
    at += 1
    if value < most:
        return value, at
    shift = 0
    while True:
        if at >= len(block) or shift > 28:
            raise Malformed("an HPACK integer without a sensible end")
        byte = block[at]
        at += 1
        value += (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def text(block, at):
    if at >= len(block):
        raise Malformed("an HPACK string is missing")
    coded = block[at] & 0x80
    length, at = number(block, at, 7)
    data = block[at:at + length]
    if len(data) < length:
        raise Malformed("an HPACK string is cut off")
    return (decoded(data) if coded else data), at + length


def decoded(data):
    out, length, code = bytearray(), 0, 0
    for byte in data:
        for bit in range(7, -1, -1):
            code = code << 1 | byte >> bit & 1
            length += 1
            symbol = SYMBOLS.get((length, code))
            if symbol is not None:
                if symbol == EOS:
                    raise Malformed("EOS in a Huffman string (RFC 7541 5.2)")
                out.append(symbol)
                length = code = 0
    if length > 7 or code != (1 << length) - 1:
        raise Malformed("a Huffman string's padding is not up to seven ones (RFC 7541 5.2)")
    return bytes(out)
