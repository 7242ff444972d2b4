-- SPDX-License-Identifier: GPL-3.0-or-later
-- Exit status 0 if the numbers agree, 1 if they do not or nothing could be compared.
local opt = report {
  summary = "check that the kernel's numbers agree, process by process",
  example = "memsh selfcheck",
  needs = { "pss" },
}
local result = require("memsh.analysis.selfcheck").run()

result.rows:print()
local summary = ("%d processes compared, %d of them changed each time they were read; %d failures"):format(
  result.checked, result.moving, result.failures)
if opt.format == "table" then print(summary) else io.stderr:write(summary, "\n") end
if result.checked == 0 then io.stderr:write "memsh: there was no process to compare\n" end
os.exit(result.checked > 0 and result.failures == 0 and 0 or 1, true)
