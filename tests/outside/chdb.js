// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the SQL on standard input in today's ClickHouse, without a server: node chdb.js NODE_MODULES DIRECTORY. Values are
// printed with tabs between them.
const [, , modules, directory] = process.argv;
const { Session } = require(require.resolve("chdb", { paths: [modules] }));

process.stdout.write(String(new Session(directory).query(require("fs").readFileSync(0, "utf8"), "TabSeparated")));
