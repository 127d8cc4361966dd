#!/usr/bin/env python3
"""The 2.x API of the real binary: tokens, buckets, users, setup, deletes, queries, and the clients of 2.x.

    SLUICED=build/src/server/sluiced SLUICE_BUILD=build tests/integration/v2/run.py [WORD]

PyPI's influxdb-client and npm's @influxdata/influxdb-client go to the build directory, at the versions named
here. The `influx` shell of 2.x is asked where $INFLUX_CLI names it: it is a Go module that not every proxy has.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "http"), str(HERE.parents[1] / "support")]
from python_packages import python_with  # noqa: E402
from servers import Sluice  # noqa: E402
from wire import Client  # noqa: E402

DEFAULTS = ("--cores", "2")
AUTH = "[http]\nauth-enabled = true\nlog-enabled = true\n"
SETUP = {"username": "root", "password": "top-secret", "org": "acme", "bucket": "first",
         "retentionPeriodSeconds": 0}
# What is in memory goes to segments at once, and those are merged soon.
SOON = '[data]\ncache-snapshot-write-cold-duration = "300ms"\ncompact-full-write-cold-duration = "2s"\n'
PYTHON_CLIENT = "influxdb-client==1.50.0"
BUILD = pathlib.Path(os.environ.get("SLUICE_BUILD", "build")).resolve()


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


class Api:
    """Requests of one who shows `token`, or user and password."""

    def __init__(self, server, token=None, user=None, scheme="Token"):
        self.server, self.headers = server, []
        if token is not None:
            self.headers = [("Authorization", f"{scheme} {token}")]
        if user is not None:
            encoded = base64.b64encode(":".join(user).encode()).decode()
            self.headers = [("Authorization", "Basic " + encoded)]

    def ask(self, method, path, body=None, headers=(), **parameters):
        """The status and the document, or else the text."""
        target = path + ("?" + urllib.parse.urlencode(parameters) if parameters else "")
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        with Client(self.server.port) as client:
            answer = client.request(method, target, data, self.headers + list(headers))
        try:
            return answer.status, json.loads(answer.body)
        except ValueError:
            return answer.status, answer.text

    def get(self, path, **parameters):
        status, document = self.ask("GET", path, **parameters)
        equal((path, status), (path, 200))
        return document

    def post(self, path, body, status=201, **parameters):
        found, document = self.ask("POST", path, body, **parameters)
        if found != status:
            raise AssertionError(f"{path}: {found} {document}")
        return document

    def query(self, text, **parameters):
        status, document = self.ask("POST", "/query", b"", q=text, **parameters)
        if status != 200:
            return status, document["error"]
        return status, document["results"][0].get("error", document["results"][0].get("series", []))

    def write(self, bucket, lines="m v=1 1", **parameters):
        status, document = self.ask("POST", "/api/v2/write", lines.encode(), bucket=bucket, **parameters)
        return status if status == 204 else (status, document["message"])


def without_auth():
    return Sluice(*DEFAULTS)


def set_up():
    """A server that asks who is there, and the one who has set it up."""
    server = Sluice(*DEFAULTS, config=AUTH)
    answer = Api(server).post("/api/v2/setup", SETUP)
    return server, Api(server, answer["auth"]["token"]), answer


def stopped(server):
    equal(server.stop(), 0)


def token_for(root, *permissions, **more):
    """A token and its document; each permission is (action, bucket id or None)."""
    body = {"orgID": root.get("/api/v2/orgs")["orgs"][0]["id"], "permissions": [
        {"action": action, "resource": {"type": "buckets"} | ({"id": id} if id else {})}
        for action, id in permissions]} | more
    document = root.post("/api/v2/authorizations", body)
    return Api(root.server, document["token"]), document


# ---- setup

def test_setup_makes_the_first_admin_once():
    server = Sluice(*DEFAULTS, config=AUTH)
    try:
        nobody = Api(server)
        equal(nobody.get("/api/v2/setup"), {"allowed": True})
        equal(nobody.ask("GET", "/api/v2/buckets"),
              (401, {"code": "unauthorized", "message": "unauthorized access"}))
        equal(nobody.ask("POST", "/api/v2/setup", {"username": "root"})[0], 422)
        equal(nobody.ask("POST", "/api/v2/setup", SETUP | {"password": "short"}),
              (400, {"code": "invalid", "message": "passwords must be between 8 and 72 characters long"}))
        equal(nobody.get("/api/v2/setup"), {"allowed": True})
        answer = nobody.post("/api/v2/setup", SETUP)
        equal(sorted(answer), ["auth", "bucket", "org", "user"])
        equal((answer["user"]["name"], answer["org"]["name"], answer["bucket"]["name"]), ("root", "acme", "first"))
        equal((answer["auth"]["status"], answer["auth"]["userID"]), ("active", answer["user"]["id"]))
        equal(nobody.get("/api/v2/setup"), {"allowed": False})
        equal(nobody.ask("POST", "/api/v2/setup", SETUP),
              (422, {"code": "conflict", "message": "onboarding has already been completed"}))
        root = Api(server, answer["auth"]["token"])
        equal(root.get("/api/v2/me")["name"], "root")
        equal(root.query("SHOW USERS"), (200, [{"columns": ["user", "admin"], "values": [["root", True]]}]))
        # The password is that of 1.x, too.
        equal(Api(server, user=("root", "top-secret")).query("SHOW DATABASES")[0], 200)
        # Nothing of it is in the log.
        for secret in ("top-secret", answer["auth"]["token"]):
            assert secret not in server.read_log(), secret
        assert "call executed" in server.read_log() and "create" not in server.read_log().split("setup")[0]
    finally:
        stopped(server)


def test_setup_with_a_token_of_ones_own():
    server = Sluice(*DEFAULTS, config=AUTH)
    try:
        answer = Api(server).post("/api/v2/setup", SETUP | {"token": "my-own", "bucket": "d/week",
                                                            "retentionPeriodHrs": 168})
        equal((answer["auth"]["token"], answer["bucket"]["name"]), ("my-own", "d/week"))
        equal(answer["bucket"]["retentionRules"][0]["everySeconds"], 7 * 86400)
        equal(Api(server, "my-own").write("d/week", "m v=1", org="acme"), 204)
    finally:
        stopped(server)


# ---- tokens

def test_a_token_counts_everywhere():
    server, root, answer = set_up()
    try:
        token = answer["auth"]["token"]
        for api in (Api(server, token), Api(server, token, scheme="Bearer"), Api(server, token, scheme="token"),
                    Api(server, user=("anybody", token))):
            equal(api.query("SHOW DATABASES")[0], 200)
            equal(api.write("first", org="acme"), 204)
            equal(api.ask("POST", "/write", b"m v=1 1", db="first")[0], 204)
            equal(api.get("/api/v2/orgs")["orgs"][0]["name"], "acme")
        equal(Api(server).query("SHOW DATABASES", u="x", p=token)[0], 200)
        for api in (Api(server, token + "x"), Api(server, "x"), Api(server, user=("root", token[:-1]))):
            equal(api.query("SHOW DATABASES"), (401, "authorization failed"))
            equal(api.write("first", org="acme"), (401, "unauthorized access"))
    finally:
        stopped(server)


def test_a_token_may_do_what_it_permits():
    server, root, answer = set_up()
    try:
        first = answer["bucket"]["id"]
        other = root.post("/api/v2/buckets", {"name": "other", "orgID": answer["org"]["id"]})["id"]
        week = root.post("/api/v2/buckets", {"name": "other/week"})["id"]
        reader, document = token_for(root, ("read", first))
        writer, _ = token_for(root, ("write", week))
        equal(reader.write("first", org="acme"), (403, "insufficient permissions for write"))
        equal(writer.write("other/week", org="acme"), 204)
        equal(writer.write(week, org="acme"), 204)
        equal(writer.write("other", org="acme"), (403, "insufficient permissions for write"))
        equal(writer.write("first", org="acme"), (403, "insufficient permissions for write"))
        equal(writer.ask("POST", "/write", b"m v=1 1", db="other", rp="week")[0], 204)
        status, found = writer.ask("POST", "/write", b"m v=1 1", db="other")
        equal(status, 403)
        assert found["error"].startswith('"token:') and "not authorized to write to database" in found["error"], found
        equal(reader.query("SELECT v FROM m", db="first")[0], 200)
        equal(reader.query("SELECT v FROM m", db="other")[0], 403)
        equal(writer.query("SELECT v FROM m", db="other", rp="week")[0], 403)
        equal(reader.query("DROP DATABASE first")[0], 403)
        name = f"token:{document['id']}"
        equal(reader.query("SELECT v FROM other..m", db="first"),
              (403, f"error authorizing query: {name} not authorized to execute statement "
                    "'SELECT v FROM other..m', requires READ on other"))
        equal(reader.query("SHOW DATABASES")[1][0]["values"], [["first"]])
        both, _ = token_for(root, ("read", week))
        equal(both.query('SELECT v FROM other.week.m')[0], 200)
        equal(both.query('SELECT v FROM m', db="other", rp="week")[0], 200)
        equal(both.query('SELECT v FROM m', db="other")[0], 403)
        # Listings show what lies in the policies that it may read.
        equal(root.write("other", org="acme", lines="hidden,h=b v=1 1"), 204)
        for statement in ("SHOW MEASUREMENTS", "SHOW MEASUREMENTS ON other", "SHOW MEASUREMENTS WHERE h !~ /x/ OR _name = 'm'"):
            equal(both.query(statement, db="other"),
                  (200, [{"name": "measurements", "columns": ["name"], "values": [["m"]]}]))
        for statement in ("SHOW MEASUREMENTS ON other.*", "SHOW MEASUREMENTS ON other.week", "SHOW MEASUREMENTS ON *.*"):
            equal(both.query(statement, db="other"),
                  (200, [{"name": "measurements", "columns": ["name", "database", "retention policy"],
                          "values": [["m", "other", "week"]]}]))
        equal(both.query("SHOW MEASUREMENTS ON other.autogen")[0], 403)
        equal(both.query("SHOW MEASUREMENTS ON first")[0], 403)
        equal(both.query("SHOW TAG KEYS", db="other"), (200, []))
        equal([row[0] for row in both.query("SHOW RETENTION POLICIES ON other")[1][0]["values"]], ["week"])
        equal(both.query("SHOW SERIES", db="other", rp="week")[1][0]["values"], [["m"]])
        equal(both.query("SHOW FIELD KEYS", db="other", rp="week")[1][0]["name"], "m")
        equal(both.query("DELETE FROM m", db="other")[0], 403)
        equal([each["name"] for each in both.get("/api/v2/buckets")["buckets"]], ["other/week"])
        equal(both.ask("GET", f"/api/v2/buckets/{other}")[0], 401)
        equal(both.ask("POST", "/api/v2/buckets", {"name": "mine"})[0], 401)
        equal(both.ask("GET", "/api/v2/users")[1]["users"], [])
        equal(both.ask("POST", "/api/v2/authorizations", {"permissions": [
            {"action": "read", "resource": {"type": "buckets"}}]})[0], 401)
    finally:
        stopped(server)


def test_a_token_ends_at_once_and_on_every_core():
    server, root, answer = set_up()
    try:
        for change in ("inactive", "delete"):
            api, document = token_for(root, ("write", answer["bucket"]["id"]))
            path = f"/api/v2/authorizations/{document['id']}"
            for _ in range(8):
                equal(api.write("first", org="acme"), 204)
            if change == "inactive":
                status, found = root.ask("PATCH", path, {"status": "inactive", "description": "off"})
                equal((status, found["status"], found["description"]), (200, "inactive", "off"))
            else:
                equal(root.ask("DELETE", path)[0], 204)
                equal(root.ask("GET", path), (404, {"code": "not found", "message": "authorization not found"}))
            for _ in range(8):
                equal(api.write("first", org="acme"), (401, "unauthorized access"))
            if change == "inactive":
                equal(root.ask("PATCH", path, {"status": "active"})[0], 200)
                equal(api.write("first", org="acme"), 204)
    finally:
        stopped(server)


def test_a_token_is_shown_once_and_survives_a_restart():
    server, root, answer = set_up()
    try:
        api, document = token_for(root, ("read", answer["bucket"]["id"]), ("write", None), description="both")
        equal(document["description"], "both")
        equal(document["permissions"][0]["resource"]["name"], "first")
        listed = {each["id"]: each for each in root.get("/api/v2/authorizations")["authorizations"]}
        assert "token" not in listed[document["id"]], listed
        equal(listed[document["id"]]["permissions"], document["permissions"])
        equal(len(root.get("/api/v2/authorizations", token=api.headers[0][1][6:])["authorizations"]), 1)
        equal(len(root.get("/api/v2/authorizations", user="root")["authorizations"]), 2)
        equal(len(root.get("/api/v2/authorizations", user="zed")["authorizations"]), 0)
        server.restart()
        equal(api.write("first", org="acme"), 204)
        equal(root.get(f"/api/v2/authorizations/{document['id']}"), listed[document["id"]])
        equal(root.get("/api/v2/orgs")["orgs"][0]["id"], answer["org"]["id"])
        equal(root.get("/api/v2/buckets", name="first")["buckets"][0], answer["bucket"])
        secret = api.headers[0][1][6:].encode()
        for path in server.root.rglob("*"):
            assert not path.is_file() or secret not in path.read_bytes(), path
    finally:
        stopped(server)


def test_a_user_may_make_tokens_within_its_own_rights():
    server, root, answer = set_up()
    try:
        for statement in ("CREATE USER ann WITH PASSWORD 'a'", "GRANT READ ON first TO ann"):
            equal(root.query(statement)[0], 200)
        ann = Api(server, user=("ann", "a"))
        first = answer["bucket"]["id"]
        body = {"permissions": [{"action": "read", "resource": {"type": "buckets", "id": first}}]}
        document = ann.post("/api/v2/authorizations", body)
        reader = Api(server, document["token"])
        equal(reader.query("SELECT v FROM m", db="first")[0], 200)
        body["permissions"][0]["action"] = "write"
        equal(ann.ask("POST", "/api/v2/authorizations", body),
              (403, {"code": "forbidden", "message": "permission write:buckets is not allowed"}))
        equal([each["id"] for each in ann.get("/api/v2/authorizations")["authorizations"]], [document["id"]])
        equal(ann.get("/api/v2/me")["name"], "ann")
        # What ends for the user ends for the token.
        equal(root.query("REVOKE READ ON first FROM ann")[0], 200)
        equal(reader.query("SELECT v FROM m", db="first")[0], 403)
        equal(root.query("DROP USER ann")[0], 200)
        equal(reader.query("SHOW DATABASES"), (401, "authorization failed"))
    finally:
        stopped(server)


# ---- buckets

def test_a_database_is_a_bucket_and_a_bucket_a_database():
    server = without_auth()
    try:
        api = Api(server)
        for statement in ("CREATE DATABASE old", "CREATE RETENTION POLICY week ON old DURATION 7d REPLICATION 1"):
            equal(api.query(statement)[0], 200)
        document = api.post("/api/v2/buckets", {
            "name": "new", "description": "about", "retentionRules": [{"type": "expire", "everySeconds": 86400}]})
        equal((document["type"], document["labels"], document["description"]), ("user", [], "about"))
        equal(document["retentionRules"],
              [{"type": "expire", "everySeconds": 86400, "shardGroupDurationSeconds": 3600}])
        equal(document["links"]["self"], "/api/v2/buckets/" + document["id"])
        equal(len(document["id"]), 16)
        assert document["createdAt"] == document["updatedAt"] and document["createdAt"].endswith("Z"), document
        api.post("/api/v2/buckets", {"name": "new/month"})
        names = [each["name"] for each in api.get("/api/v2/buckets")["buckets"]]
        equal(names, ["new", "new/month", "old", "old/week"])
        equal([row[0] for row in api.query("SHOW RETENTION POLICIES ON new")[1][0]["values"]], ["autogen", "month"])
        equal(api.write("new/month", "m v=1"), 204)
        equal(api.write(document["id"], "m v=2"), 204)
        equal(api.query("SELECT v FROM new..m")[1][0]["values"][0][1], 2)
        equal(api.ask("POST", "/api/v2/buckets", {"name": "new"}),
              (422, {"code": "conflict", "message": "bucket with name new already exists"}))
        equal(api.ask("POST", "/api/v2/buckets", {})[0], 400)
        equal(api.ask("POST", "/api/v2/buckets", b"{")[0], 400)
        equal(api.ask("POST", "/api/v2/buckets", {"name": "x", "retentionRules": [{"everySeconds": 5}]})[0], 400)
    finally:
        stopped(server)


def test_buckets_are_found_changed_and_deleted():
    server = without_auth()
    try:
        api = Api(server)
        ids = [api.post("/api/v2/buckets", {"name": f"b{i}"})["id"] for i in range(5)]
        path = "/api/v2/buckets/" + ids[2]
        equal(api.get(path)["name"], "b2")
        equal(api.get("/api/v2/buckets", name="b3")["buckets"][0]["id"], ids[3])
        equal(api.get("/api/v2/buckets", id=ids[1])["buckets"][0]["name"], "b1")
        equal(api.get("/api/v2/buckets", name="nowhere")["buckets"], [])
        page = api.get("/api/v2/buckets", limit=2, offset=2)
        equal([each["name"] for each in page["buckets"]], ["b2", "b3"])
        equal(page["links"]["next"], "/api/v2/buckets?descending=false&limit=2&offset=4")
        equal(page["links"]["prev"], "/api/v2/buckets?descending=false&limit=2&offset=0")
        after = api.get("/api/v2/buckets", limit=2, after=ids[2])["buckets"]
        equal([each["name"] for each in after], ["b3", "b4"])
        equal(api.get("/api/v2/buckets", limit=1, descending="true")["buckets"][0]["name"], "b4")
        equal(api.ask("GET", "/api/v2/buckets?limit=0")[0], 400)
        status, found = api.ask("PATCH", path, {"description": "x", "retentionRules": [{"everySeconds": 7200}]})
        equal((status, found["description"], found["retentionRules"][0]["everySeconds"]), (200, "x", 7200))
        equal(api.ask("PATCH", path, {"name": "b2", "retentionRules": []})[1]["retentionRules"][0]["everySeconds"], 0)
        equal(api.ask("PATCH", path, {"name": "other"})[0], 422)
        for list_name, key in (("labels", "labels"), ("members", "users"), ("owners", "users")):
            equal(api.get(path + "/" + list_name)[key], [])
        equal(api.ask("DELETE", path)[0], 204)
        equal(api.ask("GET", path), (404, {"code": "not found", "message": "bucket not found"}))
        equal(api.ask("DELETE", path)[0], 404)
        equal(api.ask("GET", "/api/v2/buckets/xyz")[0], 400)
        assert ["b2"] not in api.query("SHOW DATABASES")[1][0]["values"]
        # A policy goes alone while there are others.
        more = api.post("/api/v2/buckets", {"name": "b1/more"})["id"]
        equal(api.ask("DELETE", "/api/v2/buckets/" + more)[0], 204)
        equal(api.get("/api/v2/buckets", name="b1")["buckets"][0]["id"], ids[1])
        equal(api.ask("PUT", "/api/v2/buckets", {})[0], 405)
        equal(api.ask("GET", "/api/v2/nothing"), (404, {"code": "not found", "message": "path not found"}))
    finally:
        stopped(server)


# ---- writes, the organisation

def test_writes_have_the_statuses_of_the_documents():
    server, root, answer = set_up()
    try:
        first, org = answer["bucket"]["id"], answer["org"]["id"]
        for parameters in ({"org": "acme"}, {"orgID": org}, {"org": org}, {"org": "wrong", "orgID": org}):
            equal(root.write("first", **parameters), 204)
            equal(root.write(first, precision="s", **parameters), 204)
        equal(root.write("first"), (400, "Please provide either orgID or org"))
        equal(root.write("first", org="x"), (404, 'organization name "x" not found'))
        equal(root.write("first", orgID="0123456789abcdef"), (404, "organization not found"))
        equal(root.write("", org="acme"), (404, "bucket not found"))
        equal(root.write("no", org="acme"), (404, 'bucket "no" not found'))
        equal(root.write("0123456789abcdef", org="acme"), (404, 'bucket "0123456789abcdef" not found'))
        equal(root.write("first", org="acme", precision="h"),
              (400, "invalid precision; valid precision units are ns, us, ms, and s"))
        equal(root.write("first", "oops", org="acme")[0], 400)
        equal(root.write("first", 'm v="text" 1', org="acme")[0], 422)
        equal(Api(server).write("first", org="acme"), (401, "unauthorized access"))
        # The organisation can get another name, not another id.
        status, found = root.ask("PATCH", f"/api/v2/orgs/{org}", {"name": "emca", "description": "d"})
        equal((status, found["name"], found["id"], found["description"]), (200, "emca", org, "d"))
        equal(root.write("first", org="acme")[0], 404)
        equal(root.write("first", org="emca"), 204)
        equal(root.ask("GET", "/api/v2/orgs", org="acme"),
              (404, {"code": "not found", "message": 'organization name "acme" not found'}))
        equal(root.ask("POST", "/api/v2/orgs", {"name": "second"})[0], 422)
        equal(root.ask("GET", "/api/v2/orgs/0123456789abcdef")[0], 404)
    finally:
        stopped(server)


def test_without_a_name_every_organization_will_do():
    server = without_auth()
    try:
        api = Api(server)
        api.post("/api/v2/buckets", {"name": "b"})
        for parameters in ({}, {"org": "any"}, {"orgID": "x"}):
            equal(api.write("b", **parameters), 204)
        equal(api.get("/api/v2/orgs", org="any")["orgs"][0]["name"], "any")
        equal(api.post("/api/v2/orgs", {"name": "mine"})["name"], "mine")
        equal(api.write("b", org="any")[0], 404)
        equal(api.write("b", org="mine"), 204)
    finally:
        stopped(server)
    server = Sluice(*DEFAULTS, config="[http]\norganization = 'set'\n")
    try:
        equal(Api(server).get("/api/v2/orgs")["orgs"][0]["name"], "set")
        equal(Api(server).ask("GET", "/api/v2/orgs", org="other")[0], 404)
    finally:
        stopped(server)


# ---- users and sessions

def test_users_are_those_of_influxql():
    server, root, answer = set_up()
    try:
        document = root.post("/api/v2/users", {"name": "ann"})
        path = "/api/v2/users/" + document["id"]
        equal(root.get(path), document)
        equal([each["name"] for each in root.get("/api/v2/users")["users"]], ["root", "ann"])
        equal(root.get("/api/v2/users", name="ann")["users"], [document])
        equal(root.ask("POST", "/api/v2/users", {"name": "ann"})[0], 422)
        ann = Api(server, user=("ann", ""))
        equal(ann.query("SHOW DATABASES")[0], 401)
        equal(root.ask("POST", path + "/password", {"password": "short"})[0], 400)
        equal(root.ask("POST", path + "/password", {"password": "long enough"})[0], 204)
        ann = Api(server, user=("ann", "long enough"))
        equal(ann.query("SHOW DATABASES"), (200, [{"name": "databases", "columns": ["name"]}]))
        equal(ann.ask("PUT", "/api/v2/me/password", {"password": "longer still"})[0], 204)
        equal(ann.query("SHOW DATABASES")[0], 401)
        ann = Api(server, user=("ann", "longer still"))
        equal(ann.get("/api/v2/me"), document)
        equal(ann.ask("POST", f"/api/v2/users/{answer['user']['id']}/password", {"password": "taken over"})[0], 401)
        equal(ann.ask("POST", "/api/v2/users", {"name": "eve"})[0], 401)
        equal(root.ask("PATCH", path, {"name": "other"})[0], 422)
        equal(root.ask("PATCH", path, {"status": "inactive"})[0], 501)
        equal(root.ask("DELETE", path)[0], 204)
        equal(ann.ask("GET", "/api/v2/me")[0], 401)
        equal(root.ask("GET", path)[0], 404)
    finally:
        stopped(server)


def test_a_session_needs_no_password():
    server, root, answer = set_up()
    try:
        with Client(server.port) as client:
            login = Api(server, user=("root", "top-secret")).headers
            equal(client.post("/api/v2/signin", headers=Api(server, user=("root", "wrong")).headers).status, 401)
            equal(client.post("/api/v2/signin").status, 401)
            answer = client.post("/api/v2/signin", headers=login)
            equal(answer.status, 204)
            value, *attributes = answer.header("Set-Cookie").split("; ")
            assert "HttpOnly" in attributes and "SameSite=Strict" in attributes, attributes
            cookie = [("Cookie", "a=b; " + value)]
        for _ in range(8):
            with Client(server.port) as client:
                equal(json.loads(client.get("/api/v2/me", cookie).body)["name"], "root")
                # Other sites cannot make a browser ask these.
                equal(client.get("/query?q=SHOW+DATABASES", cookie).status, 401)
        with Client(server.port) as client:
            equal(client.get("/api/v2/me", [("Cookie", value + "0")]).status, 401)
            equal(client.post("/api/v2/signout", headers=cookie).status, 204)
            equal(client.post("/api/v2/signout", headers=cookie).status, 401)
        for _ in range(8):
            with Client(server.port) as client:
                equal(client.get("/api/v2/me", cookie).status, 401)
    finally:
        stopped(server)


# ---- mappings, deletes, queries

def test_every_bucket_is_mapped_to_itself():
    server = without_auth()
    try:
        api = Api(server)
        bucket = api.post("/api/v2/buckets", {"name": "d"})["id"]
        week = api.post("/api/v2/buckets", {"name": "d/week"})["id"]
        listed = api.get("/api/v2/dbrps", orgID="0000000000000001")["content"]
        equal([(each["database"], each["retention_policy"], each["default"], each["bucketID"]) for each in listed],
              [("d", "autogen", True, bucket), ("d", "week", False, week)])
        equal(len(api.get("/api/v2/dbrps", db="d", rp="week")["content"]), 1)
        body = {"bucketID": week, "database": "d", "retention_policy": "week", "default": True}
        equal(api.post("/api/v2/dbrps", body)["default"], True)
        equal(api.get(f"/api/v2/dbrps/{bucket}")["content"]["default"], False)
        equal(api.ask("POST", "/api/v2/dbrps", body | {"database": "e"})[0], 422)
        equal(api.ask("PATCH", f"/api/v2/dbrps/{bucket}", {"default": True})[1]["content"]["default"], True)
        equal(api.ask("DELETE", f"/api/v2/dbrps/{bucket}")[0], 422)
    finally:
        stopped(server)


def test_deletes_take_a_range_and_a_predicate():
    server, root, answer = set_up()
    try:
        lines = "\n".join(f"{name},host={host} v={i} {i}" for name in ("m", "n") for host in ("a", "b")
                          for i in range(1, 5))
        equal(root.write("first", lines, org="acme"), 204)

        def left(name="m"):
            found = root.query(f"SELECT v FROM {name} GROUP BY host", db="first", epoch="ns")[1]
            return {each["tags"]["host"]: [row[0] for row in each["values"]] for each in found}

        def delete(predicate, api=root, start=2, stop=3, **parameters):
            body = {"start": f"1970-01-01T00:00:00.00000000{start}Z", "stop": f"1970-01-01T00:00:00.00000000{stop}Z"}
            return api.ask("POST", "/api/v2/delete", body | ({"predicate": predicate} if predicate else {}),
                           **({"org": "acme", "bucket": "first"} | parameters))

        equal(delete('_measurement="m" AND host="a"')[0], 204)
        equal((left(), left("n")), ({"a": [1, 4], "b": [1, 2, 3, 4]}, {"a": [1, 2, 3, 4], "b": [1, 2, 3, 4]}))
        equal(delete('host="b"', start=4, stop=4)[0], 204)
        equal((left(), left("n")["b"]), ({"a": [1, 4], "b": [1, 2, 3]}, [1, 2, 3]))
        equal(delete(None, start=1, stop=1, bucket=answer["bucket"]["id"])[0], 204)
        equal(left(), {"a": [4], "b": [2, 3]})
        equal(delete('host="a" OR host="b"'),
              (400, {"code": "invalid", "message": "the logical operator OR is not supported yet at position 9"}))
        equal(delete(None, bucket="no"), (404, {"code": "not found", "message": 'bucket "no" not found'}))
        equal(delete(None, org="no")[0], 404)
        equal(root.ask("POST", "/api/v2/delete", {"start": "x"}, org="acme", bucket="first")[0], 400)
        reader, _ = token_for(root, ("read", answer["bucket"]["id"]))
        equal(delete(None, reader), (403, {"code": "forbidden", "message": "insufficient permissions to delete"}))
    finally:
        stopped(server)


def metric(server, name):
    """The sum over its labels."""
    with Client(server.port) as client:
        text = client.get("/metrics").text
    return sum(int(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\d+)$", text, re.M))


def await_true(what, condition, seconds_max=60):
    deadline = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds_max} s")
        time.sleep(0.1)


def test_a_delete_keeps_to_its_bucket():
    """The same series in two policies of a database: in memory, from a log, in segments, after a merge."""
    server = Sluice(*DEFAULTS, config=SOON)
    hosts, times = ("a", "b", "c"), range(1, 5)
    here = {(policy, host): set(times) for policy in ("autogen", "week") for host in hosts}

    def write(policy, host, at):
        equal(Api(server).write(f"d/{policy}", "\n".join(f"m,host={host} v={each} {each}" for each in at)), 204)
        here[policy, host] |= set(at)

    def delete(policy, host, begin, end):
        stamp = "1970-01-01T00:00:00.00000000{}Z".format
        equal(Api(server).ask("POST", "/api/v2/delete", {"start": stamp(begin), "stop": stamp(end),
                                                         "predicate": f'host="{host}"'},
                              bucket="d" if policy == "autogen" else f"d/{policy}"), (204, ""))
        here[policy, host] -= set(range(begin, end + 1))

    def look(when):
        api = Api(server)
        for policy in ("autogen", "week"):
            wanted = {host: sorted(here[policy, host]) for host in hosts if here[policy, host]}
            found = api.query(f"SELECT v FROM {policy}.m GROUP BY host", db="d", epoch="ns")[1]
            equal((when, policy, {each["tags"]["host"]: [row[0] for row in each["values"]] for each in found}),
                  (when, policy, wanted))
            counted = api.query(f"SELECT count(v) FROM {policy}.m", db="d")[1]
            equal((when, policy, counted[0]["values"][0][1]), (when, policy, sum(map(len, wanted.values()))))
        series = sorted(row[0] for each in api.query("SHOW SERIES", db="d")[1] for row in each["values"])
        equal((when, series), (when, sorted(f"m,host={host}" for host in hosts
                                            if here["autogen", host] or here["week", host])))

    def in_segments():
        return metric(server, "sluice_store_segment_rows") == sum(map(len, here.values()))

    try:
        for name in ("d", "d/week"):
            Api(server).post("/api/v2/buckets", {"name": name})
        for policy, host in here:
            write(policy, host, times)
        delete("week", "a", 2, 3)
        look("in memory")
        server.restart(signal.SIGKILL)
        look("from the log")
        await_true("a flush", in_segments)
        look("in segments")
        delete("autogen", "b", 1, 2)
        delete("week", "c", 1, 4)
        look("a delete of segments")
        server.restart(signal.SIGKILL)
        look("a delete of segments, from the log")
        write("week", "c", (2, 9))
        write("week", "a", (3,))
        write("autogen", "c", (9,))
        look("written again")
        await_true("a merge", lambda: metric(server, "sluice_compactions_total") and in_segments())
        look("after a merge")
        server.restart()
        look("after a stop")
        # DELETE of InfluxQL is about all policies.
        equal(Api(server).query("DELETE FROM m WHERE host = 'c' AND time <= 2", db="d")[1], [])
        for policy in ("autogen", "week"):
            here[policy, "c"] -= {1, 2}
        look("after DELETE")
    finally:
        stopped(server)


def test_queries_are_influxql():
    server, root, answer = set_up()
    try:
        equal(root.write("first", "m,host=a v=1 1", org="acme"), 204)
        influxql = [("Content-Type", "application/vnd.influxql; charset=utf-8")]
        rows = [{"name": "m", "columns": ["time", "v"], "values": [["1970-01-01T00:00:00.000000001Z", 1]]}]
        for parameters in ({"bucket": "first"}, {"bucket": answer["bucket"]["id"]}, {"db": "first"}):
            status, found = root.ask("POST", "/api/v2/query", b"SELECT v FROM m", influxql, org="acme", **parameters)
            equal((status, found["results"][0]["series"]), (200, rows))
        body = {"query": "SELECT v FROM m", "type": "influxql", "bucket": "first"}
        as_json = [("Content-Type", "application/json")]
        equal(root.ask("POST", "/api/v2/query", body, as_json, org="acme")[1]["results"][0]["series"], rows)
        equal(root.ask("POST", "/api/v2/query", body, as_json + [("Accept", "application/csv")], org="acme"),
              (200, "name,tags,time,v\nm,,1,1\n"))
        equal(root.ask("POST", "/api/v2/query", b"SELECT", influxql, bucket="first"),
              (400, {"code": "invalid", "message": "error parsing query: found EOF, expected identifier, string, "
                                                   "number, bool at line 1, char 8"}))
        status, found = root.ask("POST", "/api/v2/query", b'from(bucket:"first")',
                                 [("Content-Type", "application/vnd.flux")], org="acme")
        equal((status, found["code"]), (501, "not implemented"))
        assert "Flux is not supported" in found["message"], found
        equal(root.ask("POST", "/api/v2/query", {"query": "from()", "type": "flux"}, as_json)[0], 501)
        equal(root.ask("POST", "/api/v2/query", b"SELECT v FROM m", influxql, bucket="no")[0], 404)
        equal(Api(server).ask("POST", "/api/v2/query", b"SELECT v FROM m", influxql, bucket="first")[0], 401)
        other = root.post("/api/v2/buckets", {"name": "other"})["id"]
        reader, _ = token_for(root, ("read", other))
        equal(reader.ask("POST", "/api/v2/query", b"SELECT v FROM m", influxql, bucket="first")[0], 403)
    finally:
        stopped(server)


def test_health_and_ready_are_below_api_v2_too():
    server = Sluice(*DEFAULTS, config=AUTH)
    try:
        api = Api(server)
        for prefix in ("", "/api/v2"):
            equal(api.get(prefix + "/health")["status"], "pass")
            equal(api.get(prefix + "/ready")["status"], "ready")
            equal(api.ask("GET", prefix + "/ping")[0], 204)
    finally:
        stopped(server)


# ---- clients as they are

def test_the_python_client():
    python = python_with([PYTHON_CLIENT], BUILD / "python-v2")
    run_client([str(python), str(HERE / "python_client.py")])


def test_the_javascript_client():
    npm, node = shutil.which("npm"), shutil.which("node") or shutil.which("nodejs")
    if npm is None or node is None:
        raise unittest.SkipTest("no npm")
    modules = BUILD / "node-v2"
    modules.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", modules)
    if not (modules / "node_modules/@influxdata/influxdb-client-apis").exists():
        install = subprocess.run([npm, "install", "--no-audit", "--no-fund", "--fetch-timeout=20000",
                                  "--fetch-retries=1", "--prefix", str(modules)],
                                 capture_output=True, text=True, check=False)
        if install.returncode != 0:
            raise unittest.SkipTest("npm install failed: " + install.stderr.strip()[-200:])
    run_client([node, str(HERE / "javascript_client.js")], NODE_PATH=str(modules / "node_modules"))


def run_client(command, **environment):
    """The client sets a server up that nobody has touched, and does all the rest with what it got."""
    server = Sluice(*DEFAULTS, config=AUTH)
    try:
        done = subprocess.run([*command, str(server.port)], capture_output=True, text=True, timeout=120, check=False,
                              env=os.environ | environment)
        if done.returncode != 0:
            raise AssertionError((done.stdout + done.stderr)[-3000:])
    finally:
        stopped(server)


def test_the_influx_shell_of_2x():
    program = os.environ.get("INFLUX_CLI")
    if not program:
        raise unittest.SkipTest("$INFLUX_CLI names no influx shell of 2.x")
    server = Sluice(*DEFAULTS, config=AUTH)
    host = f"http://127.0.0.1:{server.port}"

    def influx(*arguments, expect=0):
        environment = {"INFLUX_CONFIGS_PATH": str(server.root / "configs")}
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False,
                              env=os.environ | environment)
        if done.returncode != expect:
            raise AssertionError(f"{arguments}: {done.returncode} {done.stdout} {done.stderr}")
        return done.stdout

    try:
        influx("setup", "--host", host, "-u", "root", "-p", "top-secret", "-o", "acme", "-b", "first",
               "-t", "my-token", "-f")
        made = json.loads(influx("bucket", "create", "-n", "second", "-r", "7d", "--json"))
        assert "second" in influx("bucket", "list")
        influx("bucket", "update", "-i", made["id"], "-d", "about")
        token = json.loads(influx("auth", "create", "--write-bucket", made["id"], "--json"))
        influx("write", "-b", "second", "-t", token["token"], "m v=1 1")
        influx("write", "-b", "first", "-t", token["token"], "m v=1 1", expect=1)
        influx("delete", "-b", "second", "--start", "1970-01-01T00:00:00Z", "--stop", "1970-01-02T00:00:00Z",
               "-p", '_measurement="m"')
        influx("v1", "dbrp", "list")
        influx("org", "list")
        influx("user", "list")
        influx("bucket", "delete", "-i", made["id"])
        assert "second" not in influx("bucket", "list")
    finally:
        stopped(server)


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = skipped = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or word not in name:
            continue
        try:
            test()
            passed += 1
        except unittest.SkipTest as reason:
            skipped += 1
            print(f"skipped {name}: {reason}")
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED {name}\n    " + traceback.format_exc().strip().replace("\n", "\n    "))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
