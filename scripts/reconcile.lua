-- SPDX-License-Identifier: GPL-3.0-or-later
-- The column `from` says how each line is counted; lines that depend on processes that could not be read are bounds.
report {
  summary = "where all of the machine's memory is, adding up to MemTotal",
  example = "memsh reconcile",
}
return assert(reconcile())
