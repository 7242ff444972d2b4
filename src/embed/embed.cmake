# SPDX-License-Identifier: GPL-3.0-or-later
# Turns Lua files into one C file that defines ms_embedded (see embed.h):
#   cmake -DOUT=embedded.c -DROOT=<above lua/> "-DFILES=a.lua;b.lua" -P embed.cmake
# The bytes go in as numbers: a string literal may not be longer than what each compiler allows.
string(CONCAT head "// Made from lua/ by embed.cmake.\n" "#include \"embed/embed.h\"\n\n")
list(SORT FILES)
set(entries "")
foreach(file IN LISTS FILES)
  file(RELATIVE_PATH chunk ${ROOT} ${file})
  string(REGEX REPLACE "^lua/(.*)\\.lua$" "\\1" name ${chunk})
  string(REGEX REPLACE "/init$" "" name ${name})
  string(REPLACE "/" "." name ${name})
  list(APPEND entries "${name}!${chunk}") # '!' sorts before '.': memsh comes before memsh.core
endforeach()
list(SORT entries)

set(arrays "")
set(rows "")
set(count 0)
foreach(entry IN LISTS entries)
  string(REPLACE "!" ";" entry ${entry})
  list(GET entry 0 name)
  list(GET entry 1 chunk)
  file(READ ${ROOT}/${chunk} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
         bytes "${bytes}")
  string(APPEND arrays "static const unsigned char module_${count}[] = {\n${bytes}0};\n\n")
  string(APPEND rows
         "    {\"${name}\", \"@${chunk}\", (const char *)module_${count}, sizeof module_${count} - 1},\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND rows "    {0, 0, 0, 0},\n")
file(WRITE ${OUT} "${head}${arrays}const struct ms_embedded ms_embedded[] = {\n${rows}};\n\nconst size_t ms_embedded_count = ${count};\n")
