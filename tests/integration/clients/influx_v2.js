// @influxdata/influxdb-client against the server on PORT, writing through /api/v2/write. It reads only
// Flux, which is not offered, so what it wrote is read back with InfluxQL.
'use strict'
const assert = require('assert')
const { InfluxDB, Point, HttpError } = require('@influxdata/influxdb-client')

const url = `http://127.0.0.1:${process.argv[2]}`
const client = new InfluxDB({ url, token: 'user:password' })
const noRetries = { maxRetries: 0 }
const startMs = Date.UTC(2024, 4, 6)

async function query(text, db) {
  const response = await fetch(`${url}/query?${new URLSearchParams({ q: text, db, epoch: 'ms' })}`,
    { method: 'POST' })
  const answer = await response.json()
  if (answer.error) throw new Error(answer.error)
  const [result] = answer.results
  if (result.error) throw new Error(result.error)
  return result.series ? result.series[0].values : []
}

function point(number) {
  return new Point('cpu').tag('host', 'a b').floatField('load', number / 4).intField('count', number)
    .stringField('state', 'it "runs"').booleanField('busy', number % 2 === 0)
    .timestamp(new Date(startMs + number))
}

async function rejection(api) {
  try {
    await api.close()
  } catch (error) {
    assert.ok(error instanceof HttpError, error.message)
    return error
  }
  throw new Error('the write was accepted')
}

const tests = {
  async 'a small body is written as it is'() {
    const api = client.getWriteApi('org', 'npm_client', 'ms', noRetries)
    api.writePoint(point(0))
    await api.close()
    assert.deepStrictEqual(await query('SELECT load, count, state, busy FROM cpu', 'npm_client'),
      [[startMs, 0, 0, 'it "runs"', true]])
  },
  async 'a large body goes gzipped and chunked'() {
    // One batch: close() does not wait for batches that were full before.
    const api = client.getWriteApi('org', 'npm_client/autogen', 'ms', { ...noRetries, batchSize: 5000 })
    for (let number = 0; number < 3000; number++) api.writePoint(point(number))
    await api.close()
    assert.deepStrictEqual(await query('SELECT count(load), sum(count) FROM cpu', 'npm_client'),
      [[0, 3000, 2999 * 3000 / 2]])
  },
  async 'every precision means its unit'() {
    for (const [precision, perMs] of [['ns', 1e6], ['us', 1e3], ['ms', 1], ['s', 1e-3]]) {
      const api = client.getWriteApi('org', 'npm_client', precision, noRetries)
      api.writeRecord(`unit_${precision} v=1 ${Math.round(startMs * perMs)}`)
      await api.close()
      assert.deepStrictEqual(await query(`SELECT v FROM unit_${precision}`, 'npm_client'), [[startMs, 1]])
    }
  },
  async 'an unknown bucket is a 404'() {
    const api = client.getWriteApi('org', 'nowhere', 'ms', noRetries)
    api.writePoint(point(0))
    assert.strictEqual((await rejection(api)).statusCode, 404)
  },
  async 'a malformed line is a 400 with a message'() {
    const api = client.getWriteApi('org', 'npm_client', 'ms', noRetries)
    api.writeRecord('cpu load=')
    const error = await rejection(api)
    assert.strictEqual(error.statusCode, 400)
    assert.match(error.body, /unable to parse/)
  }
}

async function main() {
  await query('CREATE DATABASE npm_client')
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test()
      console.log(`ok npm influxdb-client: ${name}`)
    } catch (error) {
      console.log(`FAILED npm influxdb-client: ${name}: ${error.message.replace(/\n/g, ' ')}`)
    }
  }
}
main()
