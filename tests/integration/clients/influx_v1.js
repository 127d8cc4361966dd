// npm's `influx` against the server on PORT: prints one line "ok NAME" or "FAILED NAME: why" per test.
'use strict'
const assert = require('assert')
const Influx = require('influx')

const port = Number(process.argv[2])
const client = new Influx.InfluxDB({
  host: '127.0.0.1',
  port,
  database: 'npm_influx',
  schema: [{
    measurement: 'response',
    fields: {
      path: Influx.FieldType.STRING,
      elapsed: Influx.FieldType.INTEGER,
      share: Influx.FieldType.FLOAT,
      cached: Influx.FieldType.BOOLEAN
    },
    tags: ['host']
  }]
})
const time = new Date('2024-05-06T07:08:09.123Z')

const tests = {
  async 'ping finds the host online'() {
    const [host] = await client.ping(5000)
    assert.ok(host.online)
    assert.match(host.version, /^1\./)
  },
  async 'a created database is listed'() {
    await client.createDatabase('npm_influx')
    assert.ok((await client.getDatabaseNames()).includes('npm_influx'))
  },
  async 'points of all types read back'() {
    await client.writePoints([
      { measurement: 'response', tags: { host: 'a b' }, timestamp: time,
        fields: { path: 'say "hi", \\ bye', elapsed: 42, share: 0.25, cached: true } },
      { measurement: 'response', tags: { host: 'c,d=e' }, timestamp: new Date(time.getTime() + 1),
        fields: { path: 'größer', elapsed: -7, share: 1e21, cached: false } }
    ])
    const rows = await client.query('select * from response order by time asc')
    assert.strictEqual(rows.length, 2)
    assert.strictEqual(rows[0].time.getTime(), time.getTime())
    assert.deepStrictEqual([rows[0].host, rows[0].path, rows[0].elapsed, rows[0].share, rows[0].cached],
      ['a b', 'say "hi", \\ bye', 42, 0.25, true])
    assert.deepStrictEqual([rows[1].host, rows[1].path, rows[1].elapsed, rows[1].share, rows[1].cached],
      ['c,d=e', 'größer', -7, 1e21, false])
  },
  async 'one request carries several statements'() {
    const [count, last] = await client.query([
      'select count(elapsed) from response', 'select last(elapsed) from response'])
    assert.strictEqual(count[0].count, 2)
    assert.strictEqual(last[0].last, -7)
  },
  async 'groups come back by tag'() {
    const rows = await client.query('select sum(elapsed) from response group by host')
    assert.deepStrictEqual(rows.groups().map(g => g.tags.host).sort(), ['a b', 'c,d=e'])
  },
  async 'schema can be explored'() {
    assert.deepStrictEqual(await client.getMeasurements(), ['response'])
    assert.strictEqual((await client.getSeries()).length, 2)
  },
  async 'a type conflict is refused with its reason'() {
    await assert.rejects(fetchWrite(`response,host=x elapsed="text" ${time.getTime()}000000`), /field type conflict/)
  },
  async 'an unknown database is refused by name'() {
    await assert.rejects(client.writePoints([{ measurement: 'm', fields: { v: 1 } }],
      { database: 'nowhere' }), /database not found/)
  },
  async 'a dropped database is gone'() {
    await client.dropDatabase('npm_influx')
    assert.ok(!(await client.getDatabaseNames()).includes('npm_influx'))
  }
}

// The client checks types against its schema: a conflict has to be sent past it.
async function fetchWrite(line) {
  const response = await fetch(`http://127.0.0.1:${port}/write?db=npm_influx`,
    { method: 'POST', body: line })
  if (response.status !== 204) throw new Error((await response.json()).error)
}

async function main() {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test()
      console.log(`ok npm influx: ${name}`)
    } catch (error) {
      console.log(`FAILED npm influx: ${name}: ${error.message.replace(/\n/g, ' ')}`)
    }
  }
}
main()
