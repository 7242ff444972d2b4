-- SPDX-License-Identifier: GPL-3.0-or-later
-- How questions are read. require("memsh.plan").plain = true: each file where a row first needs it, no file in place of
-- another; for tests, and to compare: it never changes an answer.
return { plain = false }
