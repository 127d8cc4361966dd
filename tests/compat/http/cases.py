"""Requests whose answers are compared with InfluxDB 1.6.7, byte for byte.

Every case is (name, raw request without a body length, body or None). {db} is a database that exists on both
servers and holds `typed v=1 <T>`. Sources: the order and texts of services/httpd/handler.go, and what the
server was seen to answer.
"""

import gzip

T = 1_715_000_000_000_000_000
GOOD = f"compat v=1 {T}\n".encode()
ZIPPED = gzip.compress(GOOD * 20, mtime=0)

WRITE = "POST /write?db={db}"
GZIP = ("Content-Encoding: gzip",)
MSGPACK = ("Accept: application/x-msgpack",)
FORM = ("Content-Type: application/x-www-form-urlencoded",)
MULTIPART = ("Content-Type: multipart/form-data; boundary=b",)
END = b"--b--\r\n"


def field(name, text, more=""):
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{text}\r\n'.encode()


def file(name, text):
    return field(name, text, '; filename="f"')


# name, request line, extra header lines, body
CASES = [
    # ---- identity and routes
    ("ping", "GET /ping", (), None),
    ("ping by HEAD", "HEAD /ping", (), None),
    ("ping with an origin", "GET /ping", ("Origin: http://example.org",), None),
    ("ping with X-Request-Id", "GET /ping", ("X-Request-Id: abc",), None),
    ("ping with Request-Id", "GET /ping", ("Request-Id: abc",), None),
    ("ping with both ids", "GET /ping", ("Request-Id: abc", "X-Request-Id: xyz"), None),
    ("ping by POST", "POST /ping", (), b""),
    ("ping with a closing connection", "GET /ping", ("Connection: close",), None),
    ("status", "GET /status", (), None),
    ("status by HEAD", "HEAD /status", (), None),
    ("an unknown path", "GET /nope", (), None),
    ("an unknown path with an origin", "GET /nope", ("Origin: http://example.org",), None),
    ("the root", "GET /", (), None),
    ("an unknown path by POST", "POST /nope", (), b"x"),
    ("write by GET", "GET /write", (), None),
    ("write by HEAD", "HEAD /write", (), None),
    ("write by OPTIONS", "OPTIONS /write", (), None),
    ("write by OPTIONS with an origin", "OPTIONS /write", ("Origin: http://example.org",), None),
    ("write by PUT", "PUT /write", (), b"x"),
    ("query by PUT", "PUT /query", (), b"x"),
    ("query by HEAD", "HEAD /query", (), None),
    ("query by OPTIONS", "OPTIONS /query", (), None),
    ("ping for CSV", "GET /ping", ("Accept: text/csv",), None),
    ("requests counted for no time", "GET /debug/requests?seconds=0", (), None),
    ("requests counted for less than no time", "GET /debug/requests?seconds=-5", (), None),
    ("requests counted by HEAD", "HEAD /debug/requests?seconds=0", (), None),
    ("requests counted by POST", "POST /debug/requests?seconds=0", (), b""),
    ("requests counted below the path", "GET /debug/requests/?seconds=%2B0", (), None),
    ("requests counted for a word", "GET /debug/requests?seconds=ab%22c", (), None),
    ("requests counted for part of a second", "GET /debug/requests?seconds=0.5", (), None),
    ("requests counted for too long", "GET /debug/requests?seconds=21601", (), None),
    ("requests counted for far too long", "GET /debug/requests?seconds=90000", (), None),
    ("requests counted for ever", "GET /debug/requests?seconds=99999999999999999999", (), None),

    # ---- writes that land
    ("a point", WRITE, (), GOOD),
    ("a point without a newline", WRITE, (), GOOD[:-1]),
    ("no body at all", WRITE, (), None),
    ("an empty body", WRITE, (), b""),
    ("blank lines", WRITE, (), b"\n\n\n"),
    ("a comment", WRITE, (), b"# nothing\n"),
    ("gzip", WRITE, GZIP, ZIPPED),
    ("gzip of two members", WRITE, GZIP, ZIPPED + ZIPPED),
    ("a coding nobody knows is plain text", WRITE, ("Content-Encoding: deflate",), GOOD),
    ("a form type does not make a form", WRITE, ("Content-Type: application/x-www-form-urlencoded",), GOOD),
    ("an empty content type", WRITE, ("Content-Type:",), GOOD),
    ("empty parameters", WRITE + "&rp=&precision=&consistency=", (), GOOD),
    ("precision s", WRITE + "&precision=s", (), b"compat v=1 1715000000\n"),
    ("precision n", WRITE + "&precision=n", (), GOOD),
    ("consistency all", WRITE + "&consistency=all", (), GOOD),
    ("a point for CSV", WRITE, ("Accept: text/csv",), GOOD),
    ("a point for MessagePack", WRITE, MSGPACK, GOOD),
    ("the default policy by name", WRITE + "&rp=autogen", (), GOOD),
    ("a target that is not ASCII", WRITE + "&x=\u00e4", (), GOOD),
    ("an escaped database name", "POST /write?db=%64%62", (), GOOD),

    # ---- writes that are refused
    ("no db", "POST /write", (), GOOD),
    ("an empty db", "POST /write?db=", (), GOOD),
    ("an unknown db", "POST /write?db=nodb", (), GOOD),
    ("an unknown db with quotes", "POST /write?db=no%22db%3C", (), GOOD),
    ("an unknown db with controls", "POST /write?db=a%0Ab%09c%00d%7F", (), GOOD),
    ("an unknown db beyond ASCII", "POST /write?db=%C3%A4%E2%82%AC%F0%9F%98%80%E2%80%A8%C2%AD", (), GOOD),
    ("an unknown db that is not UTF-8", "POST /write?db=%FF%FEx%C3", (), GOOD),
    ("an unknown policy", WRITE + "&rp=nope", (), GOOD),
    ("an unknown policy and no points", WRITE + "&rp=nope", (), b""),
    ("an unknown policy and bad lines", WRITE + "&rp=nope", (), b"bad\nworse\n"),
    ("an unknown policy and a bad line among good ones", WRITE + "&rp=nope", (), b"bad\n" + GOOD),
    ("an unknown policy and a bad consistency", WRITE + "&rp=nope&consistency=foo", (), GOOD),
    ("an unknown policy, bad lines and a bad consistency", WRITE + "&rp=nope&consistency=foo", (), b"bad\n"),
    ("a bad consistency and bad lines", WRITE + "&consistency=foo", (), b"bad\n"),
    ("a bad consistency and no points", WRITE + "&consistency=foo", (), b""),
    ("a bad consistency", WRITE + "&consistency=foo", (), GOOD),
    ("an empty gzip body", WRITE, GZIP, b""),
    ("gzip of three bytes", WRITE, GZIP, b"abc"),
    ("gzip that is text", WRITE, GZIP, b"this is not gzip at all"),
    ("gzip cut in its data", WRITE, GZIP, ZIPPED[:-12]),
    ("gzip cut in its trailer", WRITE, GZIP, ZIPPED[:-3]),
    ("gzip with a wrong sum", WRITE, GZIP, ZIPPED[:-5] + bytes([ZIPPED[-5] ^ 1]) + ZIPPED[-4:]),
    ("gzip with garbage behind", WRITE, GZIP, ZIPPED + b"garbage behind it"),
    ("gzip with a byte behind", WRITE, GZIP, ZIPPED + b"x"),
    ("gzip with a bad block", WRITE, GZIP, ZIPPED[:10] + b"\x07" + ZIPPED[11:]),
    ("a bad timestamp", WRITE, (), b"m v=1 abc"),
    ("two bad lines", WRITE, (), b"bad\nm v=1 abc"),
    ("a bad line among good ones", WRITE, (), GOOD + b"bad\n" + GOOD),
    ("two bad lines among good ones", WRITE, (), GOOD + b"bad\n" + GOOD + b"m v=1 abc\n"),
    ("a bad line with what JSON escapes", WRITE, (), b'm,t=<&> v="\xc3\xa4" x\n'),
    ("a line with bytes that are not UTF-8", WRITE, (), b"m\xff v= 1\n"),
    ("a type conflict", WRITE, (), f"typed v=1i {T}\n".encode()),
    ("a type conflict and a bad line", WRITE, (), f"typed v=1i {T}\nbad\n".encode()),
    ("a type conflict and good points", WRITE, (), f"typed v=1i {T}\ntyped v=2 {T + 1}\n".encode()),
    ("two type conflicts", WRITE, (), f"typed v=1i {T}\ntyped v=\"x\" {T + 1}\n".encode()),
    ("points beyond retention", WRITE + "&rp=short", (), b"old v=1 1000000000000000000\n"),
    ("points beyond retention and good ones", WRITE + "&rp=short", (), b"old v=1 1000000000000000000\nold v=1\n"),
    ("points beyond retention and a bad line", WRITE + "&rp=short", (), b"old v=1 1000000000000000000\nbad\n"),
    ("no field", WRITE, (), b"m\n"),
    ("no measurement", WRITE, (), b",t=1 v=1\n"),
    ("a carriage return", WRITE, (), f"m v=1 {T}\r\n".encode()),
    ("a length beyond the limit", WRITE, (), 25_000_001),

    # ---- queries
    ("show databases", "GET /query?q=SHOW+DATABASES", (), None),
    ("show databases by POST", "POST /query?q=SHOW+DATABASES", (), b""),
    ("show databases in a form", "POST /query", ("Content-Type: application/x-www-form-urlencoded",),
     b"q=SHOW+DATABASES"),
    ("show databases, pretty", "GET /query?pretty=true&q=SHOW+DATABASES", (), None),
    ("show databases, chunked", "GET /query?chunked=true&q=SHOW+DATABASES", (), None),
    ("show databases as CSV", "GET /query?q=SHOW+DATABASES", ("Accept: text/csv",), None),
    ("show databases as application/csv", "GET /query?q=SHOW+DATABASES", ("Accept: application/csv",), None),
    ("show databases from a file", "POST /query", ("Content-Type: multipart/form-data; boundary=b",),
     b'--b\r\nContent-Disposition: form-data; name="q"; filename="q.txt"\r\n\r\nSHOW DATABASES\r\n--b--\r\n'),
    ("show databases with a gzip header", "GET /query?q=SHOW+DATABASES", GZIP, None),
    ("async", "POST /query?async=true&q=SHOW+DATABASES", (), b""),
    ("no q", "GET /query", (), None),
    ("no q, pretty", "GET /query?pretty=true", (), None),
    ("no q as CSV", "GET /query", ("Accept: text/csv",), None),
    ("no q by POST", "POST /query", (), b""),
    ("a broken form", "POST /query", ("Content-Type: application/x-www-form-urlencoded",), b"q=%zz"),
    ("a form before the target", "POST /query?db=nope&q=SELECT", FORM, b"q=SHOW+MEASUREMENTS&db=db"),
    ("the target before multipart", "POST /query?q=SHOW+DATABASES", MULTIPART, field("q", "SELECT") + END),
    ("the target before a file", "POST /query?q=SHOW+DATABASES", MULTIPART, file("q", "SELECT") + END),
    ("blanks before a file", "POST /query", MULTIPART, field("q", "  ") + file("q", "SHOW DATABASES") + END),
    ("the first of two files", "POST /query", MULTIPART, file("q", "SHOW DATABASES") + file("q", "SELECT") + END),
    ("an empty file", "POST /query", MULTIPART, file("q", "") + END),
    ("a file of blanks", "POST /query", MULTIPART, file("q", " \n ") + END),
    ("only the file q counts", "POST /query?q=SHOW+MEASUREMENTS", MULTIPART, file("db", "db") + END),
    ("multipart by GET", "GET /query", MULTIPART, field("q", "SHOW DATABASES") + END),
    ("a form by GET", "GET /query", FORM, b"q=SHOW+DATABASES"),
    ("a query cut short", "GET /query?q=SELECT", (), None),
    ("a query cut short as CSV", "GET /query?q=SELECT", ("Accept: text/csv",), None),
    ("a query cut short behind blanks", "GET /query?q=++%0A+SELECT", (), None),
    ("a chunk size with a sign", "GET /query?db={db}&chunked=true&chunk_size=%2B1&q=SELECT+v+FROM+compat,typed", (), None),
    ("a point read back", "GET /query?db={db}&epoch=ns&q=SELECT+v+FROM+typed+WHERE+time=1715000000000000000", (), None),
    ("microseconds by their sign", "GET /query?db={db}&epoch=\u00b5&q=SELECT+v+FROM+typed", (), None),
    ("a query that is not ASCII", "GET /query?db={db}&q=SELECT+v+FROM+typed+WHERE+t='\u00e4'", (), None),
    ("a query of blanks", "GET /query?q=+++", (), None),
    ("a query of a semicolon", "GET /query?q=%3B", (), None),
    ("a point as MessagePack", "GET /query?db={db}&q=SELECT+v+FROM+typed", MSGPACK, None),
    ("a point as MessagePack with an epoch", "GET /query?db={db}&epoch=ms&q=SELECT+v+FROM+typed", MSGPACK, None),
    ("a point as MessagePack in chunks", "GET /query?db={db}&chunked=true&q=SELECT+v+FROM+typed", MSGPACK, None),
    ("two statements as MessagePack", "GET /query?db={db}&q=SELECT+v+FROM+typed%3BSHOW+DATABASES", MSGPACK, None),
    ("an error as MessagePack", "GET /query?db=nodb&q=SELECT+v+FROM+typed", MSGPACK, None),
    ("an empty result as MessagePack", "GET /query?db={db}&q=SELECT+v+FROM+nothing", MSGPACK, None),
    ("a list as MessagePack", "GET /query?db={db}&q=SHOW+RETENTION+POLICIES", MSGPACK, None),
    ("a message as MessagePack", "GET /query?q=CREATE+DATABASE+{db}", MSGPACK, None),
    ("a query cut short as MessagePack", "GET /query?q=SELECT", MSGPACK, None),
    ("no q as MessagePack", "GET /query", MSGPACK, None),
    ("several formats wanted", "GET /query?q=SHOW+DATABASES", ("Accept: text/html, text/csv",), None),
    ("any format wanted", "GET /query?q=SHOW+DATABASES", ("Accept: */*",), None),
    ("an unknown format wanted", "GET /query?q=SHOW+DATABASES", ("Accept: text/html",), None),
    ("a compressed answer", "GET /query?db={db}&q=SELECT+v+FROM+typed", ("Accept-Encoding: gzip",), None),
    ("a compressed answer among others", "GET /query?q=SHOW+DATABASES", ("Accept-Encoding: br, gzip;q=1.0",), None),
    ("a compressed answer in chunks", "GET /query?db={db}&chunked=true&q=SELECT+v+FROM+typed%3BSHOW+DATABASES",
     ("Accept-Encoding: gzip",), None),
    ("a compressed answer as CSV", "GET /query?q=SHOW+DATABASES", ("Accept-Encoding: gzip", "Accept: text/csv"), None),
    ("a compressed error is plain", "GET /query?q=SELECT", ("Accept-Encoding: gzip",), None),
    ("another coding is not known", "GET /query?q=SHOW+DATABASES", ("Accept-Encoding: deflate",), None),
    ("async with a broken query", "POST /query?async=true&q=SELECT", (), b""),
    ("async from a file", "POST /query?async=true", ("Content-Type: multipart/form-data; boundary=b",),
     b'--b\r\nContent-Disposition: form-data; name="q"; filename="q.txt"\r\n\r\nSHOW DATABASES\r\n--b--\r\n'),
    ("a field q beside a file q", "POST /query", ("Content-Type: multipart/form-data; boundary=b",),
     b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\nSHOW DATABASES\r\n'
     b'--b\r\nContent-Disposition: form-data; name="q"; filename="q.txt"\r\n\r\nSELECT\r\n--b--\r\n'),
    ("a file q with parameters", "POST /query?db={db}", ("Content-Type: multipart/form-data; boundary=b",),
     b'--b\r\nContent-Disposition: form-data; name="epoch"\r\n\r\nms\r\n'
     b'--b\r\nContent-Disposition: form-data; name="q"; filename="q"\r\n\r\nSELECT v FROM typed\r\n--b--\r\n'),
    ("parameters for a query", "GET /query?db={db}&params=%7B%22v%22%3A1.0%7D&q=SELECT+v+FROM+typed+WHERE+v%3D%24v", (), None),
    ("parameters that are no object", "GET /query?params=%5B%5D&q=SHOW+DATABASES", (), None),
    ("an integer with an exponent as parameter", "GET /query?params=%7B%22a%22%3A1e3%7D&q=SHOW+DATABASES", (), None),
    ("drop by GET", "GET /query?q=DROP+DATABASE+nothing", (), None),
    ("kill by GET", "GET /query?q=KILL+QUERY+99999", (), None),
    ("drop by POST", "POST /query?q=DROP+DATABASE+nothing", (), b""),
    ("select from an unknown db", "GET /query?db=nodb&q=SELECT+v+FROM+m", (), None),
    ("create by GET", "GET /query?q=CREATE+DATABASE+{db}", (), None),
]
