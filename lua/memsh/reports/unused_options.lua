-- SPDX-License-Identifier: GPL-3.0-or-later
-- Options of memsh that mean nothing for the code that is to run, as far as its text shows: refused, not ignored.
local output = require "memsh.show.output"

require "memsh" -- which sees to it that the session is told of the command line

local function has(text, word)
  return text:find(("%%f[%%w_]%s%%f[^%%w_]"):format(word)) ~= nil
end

-- What other code, which is not looked into, may be loaded by; memsh's own modules are no audits.
local LOADS <const> = { "dofile", "loadfile", "load", "_G", "_ENV", "require" }

local function may_load_more(text)
  text = text:gsub("require%s*%(?%s*[\"']memsh%f[%W]", "")
  for _, word in ipairs(LOADS) do
    if has(text, word) then return true end
  end
  return false
end

local function of_audits(options, text, name)
  local asked = options.check and "--check" or options.accept and "--accept" or options.quiet and "--quiet"
  if asked and not has(text, "audit") then
    return ("%s is for audits, such as memsh --check swap, and %s is not one"):format(asked, name)
  end
  if options.accept and not has(text, "baseline") then
    return ("--accept saves the baseline of an audit, and %s has none"):format(name)
  end
  return nil
end

local function of_formats(options, text)
  local is_separated = options.format == "csv" or options.format == "tsv" or has(text, "csv") or has(text, "tsv")
  local separated = options.null and "--null" or options.no_header and "--no-header"
  if separated and not is_separated then return separated .. " is for csv and tsv: -f csv" end
  local is_database = options.format == "sqlite" and options.output or has(text, "sqlite")
  if options.append and not is_database then return "--append adds to a database: -f sqlite -o FILE" end
  return nil
end

--- What is to be said of the options and this code; nil where there is nothing.
---@param name string what the code is called, or its file
---@param text string|nil nil: what is in the file
---@return string|nil
return function(name, text)
  if not text then
    text = require("memsh.prompt").read_file(name)
    name = name:match "([^/]+)%.lua$" or name
  end
  local options = output.options()
  if not text or may_load_more(text) then return nil end
  return of_audits(options, text, name) or not options.interactive and of_formats(options, text) or nil
end
