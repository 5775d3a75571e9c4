// Neon's own driver against the local stand-in of Neon's proxy: what it does with Neon it
// must be able to do here. Says each thing that holds on a line of its own.
//   node driver.mjs PORT PASSWORD [first]
import assert from "node:assert/strict";
import { Client, neon, neonConfig, Pool } from "@neondatabase/serverless";

const [port, password, only] = process.argv.slice(2);
neonConfig.wsProxy = () => `localhost:${port}/v2`;
neonConfig.fetchEndpoint = `https://localhost:${port}/sql`;
neonConfig.disableWarningInBrowsers = true;
const address = (word) => `postgresql://postgres:${encodeURIComponent(word)}@localhost/postgres`;
const url = address(password);
const sql = neon(url);

async function withClient(use) {
  const client = new Client(url);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const first = {
  "websocket: the first row": () =>
    withClient(async (client) => {
      assert.deepEqual((await client.query("select 1 as n")).rows, [{ n: 1 }]);
    }),
};

const all = {
  "websocket: parameters, types, binary": () =>
    withClient(async (client) => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
      const text = "select $1::bytea b, $2::text t, $3::int8 i, $4::jsonb j, null::text z, $5::int4[] a";
      const { rows } = await client.query(text, [bytes, "Grüße 世界", "9007199254740993", { k: [1] }, [1, null]]);
      const row = { b: bytes, t: "Grüße 世界", i: "9007199254740993", j: { k: [1] }, z: null, a: [1, null] };
      assert.deepEqual(rows, [row]);
    }),
  "websocket: a transaction is rolled back": () =>
    withClient(async (client) => {
      await client.query("create temp table kept (n int)");
      await client.query("begin");
      await client.query("insert into kept values (1)");
      await client.query("rollback");
      assert.deepEqual((await client.query("select * from kept")).rows, []);
    }),
  "websocket: errors": () =>
    withClient(async (client) => {
      await assert.rejects(client.query("select 1 / 0"), { code: "22012", severity: "ERROR" });
      assert.equal((await client.query("select 1 as n")).rows[0].n, 1);
    }),
  "websocket: notices": () =>
    withClient(async (client) => {
      const heard = [];
      client.on("notice", (notice) => heard.push(notice.message));
      await client.query("do $$ begin raise notice 'heard'; end $$");
      assert.deepEqual(heard, ["heard"]);
    }),
  "websocket: large rows": () =>
    withClient(async (client) => {
      const text = "select n, repeat('x', 1024) t from generate_series(1, 5000) n";
      const { rows } = await client.query(text);
      assert.equal(rows.length, 5000);
      assert.ok(rows.every(({ t }) => t.length === 1024));
    }),
  "websocket: a pool": async () => {
    const pool = new Pool({ connectionString: url });
    const texts = [1, 2, 3].map((n) => pool.query("select $1::int4 n", [n]));
    const numbers = (await Promise.all(texts)).map(({ rows }) => rows[0].n);
    assert.deepEqual(numbers, [1, 2, 3]);
    await pool.end();
  },
  "websocket: a wrong password": async () => {
    const client = new Client(address("wrong"));
    client.on("error", () => {});
    // It pipelines its start-up, and so learns of it by its first statement.
    const connected = client.connect().then(() => client.query("select 1"));
    await assert.rejects(connected, { code: "28P01" });
  },
  "http: a statement": async () => {
    assert.deepEqual(await sql`select ${41}::int4 + 1 as n, ${null}::text as z`, [{ n: 42, z: null }]);
    const full = await sql.query("select $1::text[] a, $2::jsonb j", [["a,b", null, '"'], { k: 1 }], {
      arrayMode: true,
      fullResults: true,
    });
    assert.deepEqual(full.rows, [[["a,b", null, '"'], { k: 1 }]]);
    assert.deepEqual([full.command, full.rowCount, full.rowAsArray], ["SELECT", 1, true]);
    assert.deepEqual(full.fields.map(({ name, dataTypeID }) => [name, dataTypeID]), [["a", 1009], ["j", 3802]]);
  },
  "http: binary": async () => {
    const bytes = Buffer.from([0, 1, 254, 255]);
    assert.deepEqual(await sql`select ${bytes}::bytea as b`, [{ b: bytes }]);
  },
  "http: large rows": async () => {
    const rows = await sql`select n, repeat('x', 1024) t from generate_series(1, 5000) n`;
    assert.equal(rows.length, 5000);
  },
  "http: a batch in one transaction": async () => {
    const options = { isolationLevel: "Serializable", readOnly: true, deferrable: true };
    const [level, read] = await sql.transaction(
      [sql`show transaction_isolation`, sql`show transaction_read_only`],
      options,
    );
    assert.deepEqual([level, read], [[{ transaction_isolation: "serializable" }], [{ transaction_read_only: "on" }]]);
    await assert.rejects(
      sql.transaction([sql`create table of_a_batch (n int)`, sql`select 1 / 0`]),
      { code: "22012" },
    );
    assert.deepEqual(await sql`select to_regclass('of_a_batch') t`, [{ t: null }]);
  },
  "http: errors": async () => {
    await assert.rejects(sql`select * from not_there`, { name: "NeonDbError", code: "42P01", severity: "ERROR" });
    const duplicate = sql.query("do $$ begin raise exception 'x' using errcode = '23505', detail = 'd', hint = 'h', constraint = 'c'; end $$");
    await assert.rejects(duplicate, { code: "23505", detail: "d", hint: "h", constraint: "c", message: "x" });
  },
  "http: a wrong password": async () => {
    await assert.rejects(neon(address("wrong"))`select 1`, /password authentication failed/);
  },
};

for (const [name, check] of Object.entries(only === "first" ? first : { ...first, ...all })) {
  await check();
  console.log(name);
}
