-- SPDX-License-Identifier: GPL-3.0-or-later
-- The manual page of the saved reports, made of what they declare.
local manpage = require "memsh.help.manpage"
local report = require "memsh.reports.report"
local report_page = require "memsh.reports.page"
local roff = require "memsh.help.roff"

local manual = {}

local function add_report(out, made)
  out[#out + 1] = (".SS %s"):format(roff.escape(made.name))
  out:paragraph(roff.sentence(made.summary))
  out:paragraph("memsh " .. made.name .. " " .. report_page.usage(made))
  for _, option in ipairs(made.options) do
    if option.key ~= "help" then out:entry(roff.bold(report_page.option(option)), report_page.help_of(option)) end
  end
  for _, argument in ipairs(made.args) do
    if argument.help then out:entry(roff.bold(argument.name:upper()), report_page.help_of(argument)) end
  end
end

-- Of the files of reports those that declare one.
local function reports_of(files)
  local list = {}
  for i, path in ipairs(files) do
    list[i] = assert(report.of_file(path:match "([^/]+)%.lua$", path))
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function page(about, date, files)
  local out = roff.page("memsh-reports", 7, about, date, "the saved reports of memsh")
  out:section "DESCRIPTION"
  out:paragraph("memsh NAME runs a report, memsh NAME --help explains it, memsh --list lists all. Options of memsh "
    .. "come before the name, those of the report after it.")
  out:section "REPORTS"
  local list = reports_of(files)
  for _, made in ipairs(list) do add_report(out, made) end
  out:section "EXAMPLES"
  for _, made in ipairs(list) do
    if #made.examples > 0 then out:entry(roff.tags(made.examples), roff.sentence(made.summary)) end
  end
  out:see("memsh(1)", "memsh-language(7)", "memsh-fields(7)")
  return out:text()
end

--- The names of all manual pages.
manual.NAMES = { table.unpack(manpage.NAMES) }
manual.NAMES[#manual.NAMES + 1] = "memsh-reports"

--- A manual page, as roff.
---@param about {version: string, options: table[]} the module memsh.options
---@param name string one of NAMES
---@param date string|nil of the version
---@param files string[]|nil the reports, for their page
---@return string
function manual.page(about, name, date, files)
  if name == "memsh-reports" then return page(about, date, files or {}) end
  return manpage.page(about, name, date)
end

return manual
