-- SPDX-License-Identifier: GPL-3.0-or-later
-- plain = true: each file is read where a row first needs it, and no file in place of another. For tests, and to
-- compare: it never changes an answer.
return { plain = false }
