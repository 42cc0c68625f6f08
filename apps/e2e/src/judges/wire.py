"""How a judge in Python talks to the tests: a line of JSON for each call on standard input, a line of JSON for each answer on standard output."""
import json
import sys


def read_call():
    """The next call as (name, arguments), or None when the tests are done."""
    line = sys.stdin.readline()
    if not line:
        return None
    call = json.loads(line)
    return call["call"], call["arguments"]


def answer(result):
    print(json.dumps({"result": result}), flush=True)


def refuse(error):
    print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


def encode(text):
    return None if text is None else text.encode()


def decode(data):
    return None if data is None else data.decode()


def send_arguments(record):
    """What `send` of both clients takes for a record of the tests."""
    return {
        "key": encode(record["key"]),
        "value": encode(record["value"]),
        "headers": [(name, encode(value)) for name, value in record["headers"]],
    }


def taken(record):
    """A consumed record, as the tests have it."""
    return {
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": decode(record.key),
        "value": decode(record.value),
        "headers": [[name, decode(value)] for name, value in record.headers],
    }
