-- SPDX-License-Identifier: GPL-3.0-or-later
-- How each line is counted stands in its column `from`; what rests on processes that could not be read is a bound.
report {
  summary = "the machine's memory, line by line, adding up to MemTotal",
  example = "memsh reconcile",
}
return reconcile()
