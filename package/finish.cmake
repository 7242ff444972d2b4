# SPDX-License-Identifier: GPL-3.0-or-later
# What a package has beside what `cmake --install` puts in place: the licence, a changelog, compressed manual pages.
if(NOT CPACK_MEMSH_BUILT_FOR STREQUAL "/usr")
  message(FATAL_ERROR "This build is for ${CPACK_MEMSH_BUILT_FOR}; a package needs cmake -DCMAKE_INSTALL_PREFIX=/usr")
endif()
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr)
set(doc ${root}/share/doc/memsh)
file(MAKE_DIRECTORY ${doc})
file(CONFIGURE OUTPUT ${doc}/copyright CONTENT "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: memsh

Files: *
Copyright: 2026 the authors of memsh
License: GPL-3.0-or-later
 This program is free software: you can redistribute it and/or modify it under
 the terms of the GNU General Public License as published by the Free Software
 Foundation, either version 3 of the License, or (at your option) any later
 version. On Debian systems the full text is in
 /usr/share/common-licenses/GPL-3.
")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, where that is set
file(CONFIGURE OUTPUT ${doc}/changelog CONTENT "memsh (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * This version; git log has the changes.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
file(GLOB_RECURSE texts ${root}/share/man/*.1 ${root}/share/man/*.7 ${root}/share/man/*.8)
execute_process(COMMAND gzip -9n ${texts} ${doc}/changelog COMMAND_ERROR_IS_FATAL ANY)
