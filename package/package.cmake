# SPDX-License-Identifier: GPL-3.0-or-later
# cpack -G DEB (or RPM) in a build that was configured with -DCMAKE_INSTALL_PREFIX=/usr makes the package.
set(CPACK_PACKAGE_NAME memsh)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "${MEMSH_MAINTAINER}")
set(CPACK_PACKAGE_VENDOR memsh)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "query shell for the memory of Linux processes")
set(CPACK_PACKAGE_DESCRIPTION "memsh answers questions about the memory of processes: who uses it, who
shares it, what has grown, and where all of the machine's memory went. It
reads /proc, changes nothing, and needs no daemon and no kernel module.
It has a small query language, saved reports, audits for monitoring
systems, and recordings.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR})
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
find_program(RPMBUILD rpmbuild)
if(RPMBUILD)
  list(APPEND CPACK_GENERATOR RPM)
endif()
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/finish.cmake)
# It is handed to the script as a variable of cpack.
set(CPACK_MEMSH_BUILT_FOR ${CMAKE_INSTALL_PREFIX})
set(CPACK_MEMSH_DIR ${CMAKE_CURRENT_LIST_DIR})

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "chromium | www-browser, prometheus-node-exporter, sqlite3")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE "GPL-3.0-or-later")
set(CPACK_RPM_PACKAGE_GROUP "Applications/System")
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${CMAKE_CURRENT_LIST_DIR}/postinst)
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /usr/lib/systemd /usr/lib/systemd/system /usr/lib/sysusers.d
    /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/zsh /usr/share/zsh/vendor-completions
    /usr/share/zsh/site-functions /usr/share/man /usr/share/man/man1 /usr/share/man/man7 /usr/share/doc)
include(CPack)
