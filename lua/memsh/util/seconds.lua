-- SPDX-License-Identifier: GPL-3.0-or-later
-- The seconds of the units that times are written in: 30s, 5m, 2h, 7d.
return { s = 1, m = 60, h = 3600, d = 86400 }
