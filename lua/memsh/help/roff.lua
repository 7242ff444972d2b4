-- SPDX-License-Identifier: GPL-3.0-or-later
-- A manual page as it is written: roff with the macros of man(7). Where a text is roff already it is called a tag.
local roff = {}

--- A text of which nothing is markup.
function roff.escape(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-")
  return (text:gsub("^([.'])", "\\&%1"):gsub("\n([.'])", "\n\\&%1"))
end

--- The same in bold, as a tag.
function roff.bold(text)
  return "\\fB" .. roff.escape(text) .. "\\fR"
end

--- Several texts in bold, a line each, as one tag.
---@param texts string[]
function roff.tags(texts)
  local tags = {}
  for i, text in ipairs(texts) do tags[i] = roff.bold(text) end
  return table.concat(tags, "\n.TQ\n")
end

--- With a capital letter and a full stop.
function roff.sentence(text)
  return (text:gsub("^%l", string.upper)) .. (text:find "[.!?]$" and "" or ".")
end

local Page = {}
Page.__index = Page

--- A page with its head.
---@param name string "memsh-fields"
---@param chapter integer
---@param about {version: string}
---@param date string|nil of the version, as 2026-11-27
---@param what string what the page is about, in a line
function roff.page(name, chapter, about, date, what)
  local self = setmetatable({}, Page)
  self[1] = ('.TH %s %d "%s" "memsh %s" "%s"'):format(name:upper(), chapter, date or "", roff.escape(about.version),
    chapter == 1 and "User Commands" or "Miscellaneous Information Manual")
  self:section "NAME"
  self[#self + 1] = roff.escape(name) .. " \\- " .. roff.escape(what)
  return self
end

function Page:section(name)
  self[#self + 1] = ('.SH "%s"'):format(name)
end

-- A section begins with a paragraph anyhow.
function Page:begin()
  if not self[#self]:find "^%.S[HS] " then self[#self + 1] = ".PP" end
end

function Page:paragraph(text)
  self:begin()
  self[#self + 1] = roff.escape(text)
end

--- Lines as they are, indented.
function Page:example(text)
  self:begin()
  self[#self + 1] = ".RS\n.nf\n" .. roff.escape(text) .. "\n.fi\n.RE"
end

--- A tag, and what it means.
function Page:entry(tag, text)
  self[#self + 1] = ".TP\n" .. tag .. "\n" .. roff.escape(text)
end

--- Other pages: "memsh(1)", "proc(5)".
function Page:see(...)
  self:section "SEE ALSO"
  local parts = {}
  for i, name in ipairs { ... } do
    local title, chapter = name:match "^(.-)(%(%d%))$"
    parts[i] = roff.bold(title) .. chapter
  end
  self[#self + 1] = table.concat(parts, ",\n")
end

--- All of it.
---@return string
function Page:text()
  return table.concat(self, "\n") .. "\n"
end

return roff
