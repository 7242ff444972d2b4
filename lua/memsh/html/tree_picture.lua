-- SPDX-License-Identifier: GPL-3.0-or-later
-- A tree of memory as a treemap. Leaves are filled by kind; edges are the wider the higher the node; names are written
-- where there is room. What is too small to be seen is drawn as one, by kind, so that areas still add up.
local layout = require "memsh.html.treemap"
local memory_tree = require "memsh.analysis.memory_tree"
local page = require "memsh.html.page"

local escape, size = page.escape, page.size

-- For a desk, paper or a tablet, a phone: letters are as large on each.
local FORMS <const> = { { "desk", 1200, 600 }, { "paper", 720, 620 }, { "phone", 360, 560 } }

local LEAST_AREA <const> = 70

-- ---- what is too small

local function others(list)
  local made = { name = ("%d smaller"):format(#list), size = 0, nodes = {} }
  for _, node in ipairs(list) do made.size = made.size + node.size end
  for kind, bytes in pairs(memory_tree.kinds_of { nodes = list }) do
    made.nodes[#made.nodes + 1] = { name = kind, kind = kind, size = bytes }
  end
  table.sort(made.nodes, function(a, b) return a.size == b.size and a.kind < b.kind or a.size > b.size end)
  return made
end

-- The same node with its small children as one.
local function folded(node, least)
  if not node.nodes then return node end
  local kept, small = {}, {}
  for _, one in ipairs(node.nodes) do
    if one.kind or one.size >= least then
      kept[#kept + 1] = folded(one, least)
    else
      small[#small + 1] = one
    end
  end
  if #small > 0 then kept[#kept + 1] = #small > 1 and others(small) or folded(small[1], least) end
  table.sort(kept, function(a, b) return a.size > b.size end)
  return { name = node.name, size = node.size, n = node.n, pid = node.pid, nodes = kept }
end

-- ---- drawing

local EDGES <const> = { 5, 3, 1.4, 0.6 }

local Drawing = {}
Drawing.__index = Drawing

function Drawing:leaf(node, path, at)
  local text = ("%s: %s, %s"):format(path, size(node.size), page.percent(node.size, self.total))
  self.rects[#self.rects + 1] = ('<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" class="c-%s" data-bytes="%d">' ..
    "<title>%s</title></rect>"):format(at.x, at.y, at.w, at.h, node.kind, node.size, escape(text))
end

function Drawing:edge(at, depth)
  self.edges[#self.edges + 1] = ('<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" class="edge" ' ..
    'stroke-width="%.1f"/>'):format(at.x, at.y, at.w, at.h, EDGES[depth] or 0.6)
end

-- How wide a letter is at most, on average, in the fonts of the page.
local LINE <const>, LETTER <const>, BOLD <const>, PAD <const> = 15, 6.9, 7.9, 6

-- The first line of a frame in which no other text is, where this one is so wide.
function Drawing:free_line(at, wide)
  local x, y = at.x + PAD, at.y + 4
  for _, box in ipairs(self.boxes) do -- each was placed below those before it, where they are in its way
    if x < box.x + box.w and box.x < x + wide and y < box.y + LINE and box.y < y + LINE then y = box.y + LINE end
  end
  return y
end

local function shortened(text, room)
  local letters = utf8.len(text)
  if not letters or letters <= room then return letters and text end
  if room < 5 then return nil end
  return text:sub(1, utf8.offset(text, room) - 1) .. "…"
end

-- Writes a line into a frame, shortened, if there is room for some of it. A plate below it keeps it legible where it
-- crosses edges.
function Drawing:line(text, at, is_name, has_plate)
  local letter = is_name and BOLD or LETTER
  text = shortened(text, (at.w - 2 * PAD) // letter)
  if not text then return false end
  local wide = math.min(utf8.len(text) * letter, at.w - 2 * PAD)
  local y = self:free_line(at, wide)
  if y + LINE + 1 > at.y + at.h then return false end
  self.boxes[#self.boxes + 1] = { x = at.x + PAD, y = y, w = wide }
  if has_plate then
    self.texts[#self.texts + 1] = ('<rect x="%.1f" y="%.1f" width="%.1f" height="%d" class="plate"/>'):format(
      at.x + PAD - 3, y, wide + 6, LINE)
  end
  self.texts[#self.texts + 1] = ('<svg x="%.1f" y="%.1f" width="%.1f" height="17"><text x="0" y="12" font-size="12"' ..
    "%s>%s</text></svg>"):format(at.x + PAD, y, at.w - 2 * PAD, is_name and ' class="name"' or "", escape(text))
  return true
end

-- A name and, where that says more, the size: beside it or below.
function Drawing:label(name, bytes, at, is_name, has_plate)
  if not bytes then return self:line(name, at, is_name, has_plate) end
  local both = ("%s  %s"):format(name, size(bytes))
  if (utf8.len(both) or math.huge) * (is_name and BOLD or LETTER) <= at.w - 2 * PAD then
    return self:line(both, at, is_name, has_plate)
  end
  return self:line(name, at, is_name, has_plate) and self:line(size(bytes), at, false, has_plate)
end

-- A part of a number says nothing.
function Drawing:number(node, at)
  local name = ("pid %d"):format(node.pid)
  if #name * LETTER <= at.w - 2 * PAD then self:label(name, node.size, at, false) end
end

-- What is nearly all of what it is in needs neither its size nor a name that was read above it.
local function is_nearly_all(node, parent)
  return node.size >= 0.95 * parent.size
end

function Drawing:name(node, parent, at, depth)
  local is_all = is_nearly_all(node, parent)
  if node.kind then
    if depth <= 2 and not is_all then self:label(node.name, node.size, at, false) end
  elseif depth <= 2 or not (is_all and (node.pid or parent.name:find(node.name, 1, true))) then
    if node.pid then return self:number(node, at) end
    local name = node.name:gsub("%.service$", "")
    self:label(name, not (is_all and depth > 2) and node.size, at, depth <= 2, (node.n or 0) > 1)
  end
end

local function frames_of(node, at)
  local sizes = {}
  for i, one in ipairs(node.nodes) do sizes[i] = one.size end
  return layout(sizes, at.x, at.y, at.w, at.h)
end

-- Depth 1: processes, kernel, free...; 2: groups, or what the kernel counts; 3: programs; 4: processes.
function Drawing:children(node, path, at, depth)
  local frames = frames_of(node, at)
  for i, one in ipairs(node.nodes) do
    local frame, is_whole = frames[i], depth == 1 and one.name == "processes"
    local name = is_whole and path or path == "" and one.name or path .. " › " .. one.name
    self:edge(frame, depth)
    if one.kind then self:leaf(one, name, frame) end
    if not is_whole then self:name(one, node, frame, depth) end
    if not one.kind then self:children(one, name, frame, depth + 1) end
  end
end

local function draw(tree, form, id, label)
  local name, w, h = table.unpack(form)
  local self = setmetatable({ rects = {}, edges = {}, texts = {}, boxes = {}, total = tree.size }, Drawing)
  local shown = folded(tree, tree.size * LEAST_AREA / (w * h))
  self:children(shown, "", { x = 0, y = 0, w = w, h = h }, tree.depth or 1)
  local head = '<svg class="%s" data-picture="%s" viewBox="0 0 %d %d" role="img" aria-label="%s">'
  return table.concat({ head:format(name, id, w, h, escape(label)), table.concat(self.rects, "\n"),
    table.concat(self.edges, "\n"), table.concat(self.texts, "\n"), "</svg>" }, "\n")
end

--- The treemap in three shapes, of which the page shows one.
---@param tree memsh.MemoryNode
---@param id string
---@param label string what it shows, in a sentence
---@return string
return function(tree, id, label)
  local parts = {}
  for i, form in ipairs(FORMS) do parts[i] = draw(tree, form, id, label) end
  return table.concat(parts, "\n")
end
