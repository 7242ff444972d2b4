// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the SQL on standard input: node duckdb.js NODE_MODULES FILE.db. Values are printed with tabs between them, NULL as
// nothing.
const [, , modules, file] = process.argv;
const { DuckDBInstance } = require(require.resolve("@duckdb/node-api", { paths: [modules] }));

const text = (value) => (value === null ? "" : String(value));

(async () => {
  const database = await (await DuckDBInstance.create(file)).connect();
  const rows = await (await database.run(require("fs").readFileSync(0, "utf8"))).getRows();
  for (const row of rows) console.log(row.map(text).join("\t"));
})().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
