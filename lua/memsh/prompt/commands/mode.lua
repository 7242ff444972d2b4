-- SPDX-License-Identifier: GPL-3.0-or-later
return require "memsh.prompt.setting_command"("mode", ":mode [MODE]", "how rows are shown; auto: as they fit")
