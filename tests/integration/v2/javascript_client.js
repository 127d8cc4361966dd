// @influxdata/influxdb-client and -apis against the server on PORT that nobody has set up: provision, write,
// query, delete.
'use strict'
const assert = require('assert')
const { InfluxDB, Point, HttpError } = require('@influxdata/influxdb-client')
const { AuthorizationsAPI, BucketsAPI, DbrpsAPI, DeleteAPI, HealthAPI, MeAPI, OrgsAPI, PingAPI, ReadyAPI, SetupAPI,
  SigninAPI, SignoutAPI, UsersAPI } = require('@influxdata/influxdb-client-apis')

const url = `http://127.0.0.1:${process.argv[2]}`
const noRetries = { maxRetries: 0 }

async function refused(status, promise) {
  try {
    await promise
  } catch (error) {
    assert.ok(error instanceof HttpError, error.stack)
    assert.strictEqual(error.statusCode, status, error.body)
    return
  }
  throw new Error(`what should be ${status} was accepted`)
}

async function write(influx, bucket, point) {
  const api = influx.getWriteApi('acme', bucket, 'ms', noRetries)
  api.writePoint(point)
  await api.close()
}

async function rows(token, text, bucket) {
  const response = await fetch(`${url}/api/v2/query?bucket=${bucket}`, {
    method: 'POST', body: JSON.stringify({ query: text, type: 'influxql' }),
    headers: { Authorization: `Token ${token}`, 'Content-Type': 'application/json' }
  })
  const [result] = (await response.json()).results
  return result.series ? result.series[0].values : []
}

async function main() {
  const stranger = new InfluxDB({ url, transportOptions: {} })
  await new PingAPI(stranger).getPing()
  assert.strictEqual((await new HealthAPI(stranger).getHealth()).status, 'pass')
  assert.strictEqual((await new ReadyAPI(stranger).getReady()).status, 'ready')
  const setup = new SetupAPI(stranger)
  assert.strictEqual((await setup.getSetup()).allowed, true)
  const made = await setup.postSetup({ body: { username: 'root', password: 'top-secret', org: 'acme', bucket: 'first',
    token: 'my-token' } })
  assert.strictEqual(made.auth.token, 'my-token')
  assert.strictEqual((await setup.getSetup()).allowed, false)

  const root = new InfluxDB({ url, token: 'my-token' })
  assert.strictEqual((await new MeAPI(root).getMe()).name, 'root')
  const { orgs: [org] } = await new OrgsAPI(root).getOrgs({ org: 'acme' })
  assert.strictEqual(org.id, made.org.id)

  const buckets = new BucketsAPI(root)
  const second = await buckets.postBuckets({ body: { orgID: org.id, name: 'second',
    retentionRules: [{ type: 'expire', everySeconds: 3600 }] } })
  assert.strictEqual((await buckets.getBucketsID({ bucketID: second.id })).name, 'second')
  assert.deepStrictEqual((await buckets.getBuckets({ orgID: org.id })).buckets.map(each => each.name),
    ['first', 'second'])
  const changed = await buckets.patchBucketsID({ bucketID: second.id, body: { retentionRules: [] } })
  assert.strictEqual(changed.retentionRules[0].everySeconds, 0)

  const tokens = new AuthorizationsAPI(root)
  const written = await tokens.postAuthorizations({ body: { orgID: org.id, permissions: [
    { action: 'write', resource: { type: 'buckets', id: second.id, orgID: org.id } }] } })
  const writer = new InfluxDB({ url, token: written.token })
  const nowMs = Date.now()
  for (const host of ['a', 'b']) {
    await write(writer, 'second', new Point('cpu').tag('host', host).floatField('load', 1.5).timestamp(nowMs))
  }
  await refused(403, write(writer, 'first', new Point('cpu').floatField('load', 1)))
  await refused(401, write(new InfluxDB({ url, token: 'wrong' }), 'second', new Point('cpu').floatField('load', 1)))
  assert.strictEqual((await rows('my-token', 'SELECT load FROM cpu', 'second')).length, 2)
  assert.strictEqual((await tokens.patchAuthorizationsID({ authID: written.id, body: { status: 'inactive' } })).status,
    'inactive')
  await refused(401, write(writer, 'second', new Point('cpu').floatField('load', 1)))
  assert.strictEqual((await tokens.getAuthorizations({ org: 'acme' })).authorizations.length, 2)
  await tokens.deleteAuthorizationsID({ authID: written.id })
  await refused(404, tokens.getAuthorizationsID({ authID: written.id }))

  await new DeleteAPI(root).postDelete({ org: 'acme', bucket: 'second', body: {
    start: new Date(nowMs - 1000).toISOString(), stop: new Date(nowMs + 1000).toISOString(),
    predicate: '_measurement="cpu" AND host="a"' } })
  assert.strictEqual((await rows('my-token', 'SELECT load FROM cpu', 'second')).length, 1)
  await refused(501, root.getQueryApi('acme').collectRows('from(bucket:"second")'))

  assert.strictEqual((await new DbrpsAPI(root).getDBRPs({ org: 'acme' })).content.length, 2)
  const users = new UsersAPI(root)
  const ann = await users.postUsers({ body: { name: 'ann' } })
  await users.postUsersIDPassword({ userID: ann.id, body: { password: 'long enough' } })
  await new SigninAPI(stranger).postSignin({ auth: { user: 'ann', password: 'long enough' } })
  await refused(401, new SigninAPI(stranger).postSignin({ auth: { user: 'ann', password: 'wrong' } }))
  await refused(401, new SignoutAPI(stranger).postSignout())
  await users.deleteUsersID({ userID: ann.id })
  await buckets.deleteBucketsID({ bucketID: second.id })
  await refused(404, buckets.getBucketsID({ bucketID: second.id }))
}

main().catch(error => {
  console.log(error.stack)
  process.exit(1)
})
