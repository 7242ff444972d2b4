-- SPDX-License-Identifier: GPL-3.0-or-later
return require "memsh.prompt.setting_command"("time", ":time [on|off]", "whether to say how long each entry took")
