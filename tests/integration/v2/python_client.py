"""influxdb-client of PyPI against the server on PORT that nobody has set up: provision, write, query, delete."""

import datetime
import json
import sys
import urllib.request

from influxdb_client import (BucketRetentionRules, InfluxDBClient, Permission, PermissionResource, Point,
                             OnboardingRequest, SetupService)
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

URL = f"http://127.0.0.1:{sys.argv[1]}"


def rows(token, text, bucket):
    """By /api/v2/query as InfluxQL: this client has only Flux for that."""
    request = urllib.request.Request(f"{URL}/api/v2/query?bucket={bucket}", text.encode(), {
        "Authorization": "Token " + token, "Content-Type": "application/vnd.influxql"})
    with urllib.request.urlopen(request) as answer:
        series = json.load(answer)["results"][0].get("series", [])
    return series[0]["values"] if series else []


def refused(status, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except ApiException as error:
        assert error.status == status, (error.status, error.body)
    else:
        raise AssertionError("it was accepted")


with InfluxDBClient(URL, token="") as stranger:
    assert stranger.ping() and stranger.health().status == "pass"
    setup = SetupService(stranger.api_client)
    assert setup.get_setup().allowed
    onboarded = setup.post_setup(OnboardingRequest(username="root", password="top-secret", org="acme",
                                                   bucket="first"))
    assert not setup.get_setup().allowed
root_token = onboarded.auth.token

with InfluxDBClient(URL, token=root_token, org="acme") as root:
    assert root.users_api().me().name == "root"
    org = root.organizations_api().find_organizations(org="acme")[0]
    assert (org.id, org.name) == (onboarded.org.id, "acme")
    buckets = root.buckets_api()
    second = buckets.create_bucket(bucket_name="second", org=org, description="about",
                                   retention_rules=BucketRetentionRules(type="expire", every_seconds=86400 * 7))
    assert second.retention_rules[0].every_seconds == 86400 * 7
    assert buckets.find_bucket_by_name("second").id == second.id
    assert buckets.find_bucket_by_id(second.id).description == "about"
    assert buckets.find_bucket_by_name("nowhere") is None
    assert [each.name for each in buckets.find_buckets_iter(limit=1)] == ["first", "second"]
    second.description = "other"
    assert buckets.update_bucket(second).description == "other"
    refused(422, buckets.create_bucket, bucket_name="second", org=org)

    tokens = root.authorizations_api()
    resource = PermissionResource(org_id=org.id, type="buckets", id=second.id)
    written = tokens.create_authorization(org_id=org.id, permissions=[Permission(action="write", resource=resource)])
    assert tokens.find_authorization_by_id(written.id).status == "active"
    now = datetime.datetime.now(datetime.timezone.utc)
    with InfluxDBClient(URL, token=written.token, org="acme") as writer:
        api = writer.write_api(write_options=SYNCHRONOUS)
        for host in ("a", "b"):
            api.write("second", record=Point("cpu").tag("host", host).field("load", 1.5).time(now))
        refused(403, api.write, "first", record="m v=1")
        refused(404, api.write, "nowhere", record="m v=1")
        refused(400, api.write, "second", record="m v=")
        refused(422, api.write, "second", record=Point("cpu").tag("host", "a").field("load", "text").time(now))
        assert len(rows(root_token, "SELECT load FROM cpu", "second")) == 2
        found = tokens.find_authorization_by_id(written.id)
        found.status = "inactive"
        assert tokens.update_authorization(found).status == "inactive"
        refused(401, api.write, "second", record="m v=1")

    root.delete_api().delete(now - datetime.timedelta(hours=1), now + datetime.timedelta(hours=1),
                             '_measurement="cpu" AND host="a"', bucket="second", org="acme")
    assert len(rows(root_token, "SELECT load FROM cpu", "second")) == 1
    refused(501, root.query_api().query, 'from(bucket:"second")')
    tokens.delete_authorization(written)

    users = root.users_api()
    ann = users.create_user(name="ann")
    users.update_password(ann, "long enough")
    with InfluxDBClient(URL, username="ann", password="long enough", org="acme") as session:
        assert session.users_api().me().name == "ann"
    users.delete_user(ann)
    buckets.delete_bucket(second)
    assert buckets.find_bucket_by_name("second") is None
